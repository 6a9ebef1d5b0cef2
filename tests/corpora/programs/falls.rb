# Falls as Ruby programs fall: by argument, one way each.
require "logger"
require "json"
require "socket"

class ChargeFailed < StandardError; end

LOGGER = Logger.new($stderr, progname: "shop")

def charge(order)
  Integer(order.fetch(:amount))
rescue KeyError, ArgumentError
  raise ChargeFailed, "order 4711 cannot be charged"
end

def deep(depth)
  depth.zero? ? nil.total : deep(depth - 1)
end

def again = again

def caught
  yield
rescue StandardError => error
  error
end

LOGGER.info("cart 17 was opened")
case ARGV[0]
when "cause" then charge({})
when "causes" then begin charge({ amount: "four" }) rescue raise(IOError, "till is closed") end
when "nil" then deep(3)
when "name" then till.open
when "argument" then deep
when "zero" then 1 / 0
when "key" then { tea: 3 }.fetch(:milk)
when "file" then File.read("/etc/shop/missing.yml")
when "load" then require "shop_that_is_not_there"
when "frozen" then "tea".freeze << "milk"
when "stack" then again
when "type" then Integer([])
when "multiline" then raise ChargeFailed, "the bank said:\n  code 12\n  declined"
when "connect" then TCPSocket.new("127.0.0.1", 9)
when "syntax" then load(File.join(__dir__, "broken.rb"))
when "json" then JSON.parse("{ four: ")
when "encoding" then "\xff".encode("UTF-16")
when "exit" then abort("fatal: the till is locked")
when "interrupt" then raise SignalException, "TERM"
when "thread"
  thread = Thread.new { charge({}) }
  caught { thread.join }
  LOGGER.info("cart 17 was closed")
when "logged"
  LOGGER.error(caught { charge({}) })
  LOGGER.info("cart 18 was opened")
  LOGGER.fatal("the bank does not answer")
  LOGGER.info("cart 19 was opened")
  LOGGER.error("order 4711 failed: #{caught { deep(1) }.full_message(highlight: false)}")
  LOGGER.info("cart 20 was opened")
  LOGGER.error { caught { File.read("/etc/shop/missing.yml") } }
  LOGGER.info("cart 17 was closed")
when "calm-warned"
  LOGGER.warn("the old till is deprecated")
  LOGGER.info("no error found, errors=0")
end
