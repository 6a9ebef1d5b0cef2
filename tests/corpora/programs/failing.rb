# Prints what Ruby prints: by argument, one way of falling each.
require "logger"

class ChargeFailed < StandardError; end

def charge(order)
  order.fetch(:amount)
rescue KeyError
  raise ChargeFailed, "order 4711 has no amount"
end

def deep(depth)
  depth.zero? ? nil.total : deep(depth - 1)
end

case ARGV[0]
when "cause" then charge({})
when "nil" then deep(3)
when "logged"
  logger = Logger.new($stderr, progname: "shop")
  begin
    charge({})
  rescue ChargeFailed => error
    logger.error(error)
  end
when "message"
  raise "two lines:\n  the second"
when "connect"
  require "socket"
  TCPSocket.new("127.0.0.1", 9)
when "stack"
  def again = again
  again
when "thread"
  Thread.new { raise IOError, "closed stream" }.join
end
