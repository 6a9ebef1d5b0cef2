# What a mail program in Ruby prints when it falls; like services.rb, written after the code that reads it.
$stderr.sync = true
def mark(what) = $stderr.puts("@@ #{what}")
class Undeliverable < ArgumentError; end
def deliver(letter) = raise(Undeliverable, "#{letter} has no address")
def post(letter)
  deliver(letter)
rescue Undeliverable => e
  begin
    Integer("x")
  rescue ArgumentError
    raise IOError, "post is shut"
  end
end
case ARGV[0]
when "thrown" then deliver("letter")
when "chain" then post("letter")
when "key" then { a: 1 }.fetch(:b)
when "index" then [1].fetch(7)
when "convert" then 1 + "x"
when "arguments" then deliver
when "stop" then [].each.next
when "constant" then Letter
when "encoding" then "caf\xe9".encode("UTF-16")
when "socket" then (require "socket"; TCPSocket.new("127.0.0.1", 9))
when "timeout" then (require "timeout"; Timeout.timeout(0.01) { sleep })
when "wordless" then raise Undeliverable
when "exit" then raise NotImplementedError, "no stamps"
when "sidekiq"
  3.times do |i|
    mark "calm"
    warn "2026-11-22T10:00:0#{i}.123Z pid=1 tid=ab class=Mail jid=a INFO: start"
    mark "error"
    warn "2026-11-22T10:00:0#{i}.123Z pid=1 tid=ab class=Mail jid=a ERROR: letter lost"
  end
end
