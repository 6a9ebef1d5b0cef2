# Plans the field crews of a water utility: takes work orders, gives them to crews, and tells them.
# The layouts of `sidekiq` are those of Sidekiq's and its error handler's lines, written by Ruby's own Logger.
require 'json'
require 'logger'
require 'time'
require 'yaml'

WAY, seed, start, STATE = ARGV
SEED = seed.to_i
KINDS = %w[
  cause cause trace trace line line line pair nil nil key json file reason
  uncaught uncaught_cause fatal abort thread key
].freeze
CREWS = %w[north south coast hills night].freeze
$stdout.sync = true
$stderr.sync = true

class OrderError < StandardError; end
class CrewUnavailable < OrderError; end

def mark(byte)
  $stdout.write("#{byte}\n")
  $stdout.flush
end

class Bare
  def debug(text) = puts(text)
  def info(text) = puts(text)
  def warn(text) = $stderr.puts("warning: #{text}")
  def error(text) = $stderr.puts("error: #{text}")
  def fatal(text) = $stderr.puts("fatal: #{text}")
end

def set_up
  case WAY
  when 'bare'
    Bare.new
  when 'rails'
    require 'active_support'
    require 'active_support/logger'
    require 'active_support/tagged_logging'
    logger = ActiveSupport::Logger.new($stdout)
    logger.formatter = Logger::Formatter.new
    ActiveSupport::TaggedLogging.new(logger)
  when 'json'
    logger = Logger.new($stdout)
    logger.formatter = proc do |severity, at, _, text|
      text = { message: text } unless text.is_a?(Hash)
      "#{JSON.generate({ time: at.utc.iso8601(3), level: severity.downcase }.merge(text))}\n"
    end
    logger
  when 'sidekiq'
    logger = Logger.new($stdout)
    logger.formatter = proc do |severity, at, _, text|
      "#{at.utc.iso8601(3)} pid=#{Process.pid} tid=#{Thread.current.object_id.to_s(36)} #{severity}: #{text}\n"
    end
    logger
  when 'journal'
    logger = Logger.new($stderr)
    logger.formatter = proc { |severity, _, _, text| "#{severity} -- #{text}\n" }
    logger
  else
    Logger.new($stdout, progname: 'crews')
  end
end

LOG = set_up
$chance = Random.new(0)

def between(low, high) = $chance.rand(low..high)
def pick(list) = list[$chance.rand(list.size)]

# An error with its trace, as each of the ways is used.
def report(text, error)
  case WAY
  when 'json'
    LOG.error(message: text, exception: error.class.name, error: error.message, backtrace: error.backtrace)
  when 'sidekiq'
    LOG.error("#{text}\n#{error.class.name}: #{error.message}\n#{error.backtrace.join("\n")}")
  when 'rails'
    LOG.tagged("job-#{between(100, 999)}") { LOG.error("#{error.class} (#{error.message}):\n#{error.backtrace.map { |x| "  #{x}" }.join("\n")}") }
  when 'logger'
    LOG.error("#{text}: #{error.message} (#{error.class})\n#{error.backtrace.join("\n")}")
  else
    LOG.error("#{text}\n#{error.full_message(highlight: false)}")
  end
end

def work
  between(2, 4).times do
    order = "WO-#{between(1000, 9999)}"
    case between(0, 6)
    when 0 then LOG.debug("order #{order} fetched, #{between(0, 30)} waiting")
    when 1 then LOG.info("order #{order} given to crew #{pick(CREWS)}")
    when 2 then LOG.info("crew #{pick(CREWS)} arrived after #{between(5, 80)} min")
    when 3 then LOG.info("order #{order} done, #{between(1, 9)} parts used")
    when 4 then LOG.warn("van of crew #{pick(CREWS)} has #{between(5, 20)} % fuel left")
    when 5 then LOG.debug("route for #{order} computed in #{between(2, 200)} ms")
    else LOG.info("shift plan of week #{between(1, 52)} sent")
    end
  end
end

def crew_for(order, crews)
  crews.each { |crew| return crew if crew[:free] }
  raise CrewUnavailable, "no crew free for #{order} before #{between(10, 20)}:00"
end

def assign(order)
  crew_for(order, CREWS.first(between(1, 3)).map { |name| { name: name, free: false } })
rescue CrewUnavailable
  raise OrderError, "order #{order} could not be assigned"
end

def position(vans, name)
  vans.find { |van| van[:name] == name }[:at].first
end

def part_price(prices, part) = prices.fetch(part) * 2

def tool_list(order) = File.read("/var/lib/crews/#{order}.yml")

def try_once(kind, order)
  case kind
  when 'cause' then assign(order)
  when 'trace' then crew_for(order, [])
  when 'nil' then position([{ name: 'north' }], pick(%w[north coast]))
  when 'key' then part_price({ 'valve' => 20 }, pick(%w[clamp gasket sleeve]))
  when 'json' then JSON.parse(pick(['{"order": ', '<html>', '[1, 2']))
  when 'file' then tool_list(order)
  end
end

def handle(kind)
  order = "WO-#{between(1000, 9999)}"
  mark("\2")
  case kind
  when 'line'
    LOG.error(pick(["order #{order} refused: site is not in the region",
                    "push to phone of crew #{pick(CREWS)} failed: 410 Gone",
                    'could not reach maps.internal:443: execution expired',
                    "permit for #{order} was rejected by the county"]))
  when 'pair'
    LOG.error("order #{order} lost its crew: van broke down")
    mark("\3")
    mark("\2")
    LOG.error("text message to +44 7700 900#{between(100, 999)} not delivered")
  when 'reason'
    begin
      assign(order)
    rescue OrderError => e
      LOG.error("#{e.message}: #{e.cause.message}")
    end
  when 'uncaught' then try_once(pick(%w[nil key file]), order)
  when 'uncaught_cause' then assign(order)
  when 'abort' then abort("crews: cannot read shift plan: #{pick(['permission denied', 'file is empty'])}")
  when 'thread'
    thread = Thread.new { try_once('key', order) }
    begin
      thread.join
    rescue KeyError
      nil
    end
  when 'fatal'
    LOG.fatal("database crews at version #{between(1, 9)}, expected 12, exiting")
    exit(1)
  else
    begin
      try_once(kind, order)
    rescue StandardError => e
      report("order #{order} failed", e)
    end
  end
  mark("\3")
end

jobs = (KINDS + KINDS + KINDS.first(14)).shuffle(random: Random.new(SEED))
LOG.info('crew planner 2.2 started') if start == '0'
(start.to_i...jobs.size).each do |number|
  $chance = Random.new(SEED * 1000 + number)
  File.write(STATE, number.to_s)
  work
  handle(jobs[number])
end
work
File.write(STATE, 'done')
