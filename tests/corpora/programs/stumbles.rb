# Falls in other ways than `falls.rb`, and logs as Rails lays out its lines.
require "logger"
require "timeout"
require "yaml"
require "bigdecimal"

class BankDown < RuntimeError
  def initialize(bank) = super("bank #{bank} is down\nsince noon")
end
class OutOfTeaError < KeyError; end

LOGGER = Logger.new($stderr)
LOGGER.formatter = proc { |level, _, _, message| "[2026-11-22 10:01:02] #{level} -- #{message}\n" } if ARGV[0] == "rails"

def ask(bank) = raise(BankDown, bank)
def pour
  ask(1)
rescue BankDown
  begin
    {}.fetch(:tea)
  rescue KeyError
    raise OutOfTeaError, "neither bank nor shelf"
  end
end
def caught
  yield
rescue StandardError => error
  error
end

LOGGER.info("cart 17 was opened")
case ARGV[0]
when "bank" then ask(1)
when "pour" then pour
when "timeout" then Timeout.timeout(0.01) { sleep 1 }
when "yaml" then YAML.load("tea: [1,")
when "decimal" then BigDecimal("four")
when "throw" then throw :tea
when "stop" then [].each.next
when "private" then 3.puts
when "comparison" then [1, "two"].sort
when "regexp" then Regexp.new("(tea")
when "range" then "tea".unpack("@9C")
when "fiber" then Fiber.new { pour }.resume
when "float" then Float("four")
when "eval" then eval("def tea(", binding, "tea.rb")
when "rails"
  error = caught { pour }
  LOGGER.error("#{error.class}: #{error.message}\n  #{error.backtrace.join("\n  ")}")
  LOGGER.info("cart 18 was opened")
  LOGGER.fatal("ActionView::Template::Error (undefined method `tea' for nil:NilClass):")
  LOGGER.info("cart 17 was closed")
when "logged"
  LOGGER.error(caught { ask(2) })
  LOGGER.info("cart 18 was opened")
  LOGGER.error("payment 12 failed")
  LOGGER.info("cart 17 was closed")
end
