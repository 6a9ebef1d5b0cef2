# What a library's program in Ruby prints when it falls; the third lot, written after the second was mended on.
class Overdue < StandardError
  def initialize(book) = super("#{book} is overdue")
end
def lend(book) = raise(Overdue.new(book))
case ARGV[0]
when "thrown" then lend("Faust")
when "nested" then begin; lend("a"); rescue Overdue; raise KeyError, "no shelf"; end
when "range" then [1, 2].first(-1)
when "float" then Float("x")
when "open" then Dir.children("/srv/shop/none")
when "struct" then Struct.new(:a).new(1, 2)
when "block" then [1].each { |x| x.lend }
when "fiber" then f = Fiber.new { 1 }; f.resume; f.resume
end
