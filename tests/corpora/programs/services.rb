# What Ruby prints when it falls, case by case: the marks (`@@ severity`, `@@ calm`) say what the next lines are.
require "logger"
require "json"
$stderr.sync = true
def mark(what) = $stderr.puts("@@ #{what}")
class StockError < StandardError; end
module Shop
  class TillJammed < RuntimeError; end
end
def reserve(item) = raise(StockError, "no #{item} left")
def order(item)
  reserve(item)
rescue StockError
  raise Shop::TillJammed, "cannot order #{item}"
end
def logged(log)
  %w[tea coffee milk].each do |item|
    mark "calm"
    log.info("order of #{item} received, 0 errors")
    log.warn("#{item} is short")
    mark "error"
    begin
      order(item)
    rescue => error
      log.error(error)
    end
    mark "error"
    log.error("#{item} given up")
    mark "critical"
    log.fatal("till is gone")
  end
end
case ARGV[0]
when "uncaught" then reserve("tea")
when "cause" then order("tea")
when "nothing" then nil.total
when "name" then totl + 1
when "zero" then 7 / 0
when "load" then require "shop/missing"
when "file" then File.read("/srv/shop/missing.json")
when "deep" then def down(n) = down(n + 1) + 1; down(0)
when "lines" then raise "shelf A: 3\nshelf B: 0"
when "json" then JSON.parse("{tea")
when "frozen" then "tea".freeze << "s"
when "abort" then abort("shop: error: no configuration")
when "thread"
  mark "error"
  thread = Thread.new { reserve("tea") }
  begin
    thread.join
  rescue StockError
    mark "calm"
    puts "done"
  end
when "logged" then logged(Logger.new($stderr))
when "syntax" then File.write("/srv/shop/prices.rb", "def tea\n  3 +\nend\n"); load "/srv/shop/prices.rb"
end
