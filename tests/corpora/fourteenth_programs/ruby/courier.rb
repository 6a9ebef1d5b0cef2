# The couriers of a library network: crates between branches, interlibrary loans, overdue notices.
#
# Ways of logging: `logger` (the standard library's default), `tagged` (ActiveSupport's tagged logging as Rails sets it up
# in production), `logging` (the logging gem's pattern layout), `json` (JSON lines), `bare` (puts and warn), `journal` (a
# level and the text).
require 'json'
require 'logger'
require 'socket'
require 'time'

WAY, seed, start, STATE = ARGV
SEED = seed.to_i
JOBS = 50
BRANCHES = %w[central harbour northgate mobile-2].freeze
$stdout.sync = $stderr.sync = true

class CrateLost < StandardError; end

class LoanDenied < StandardError
  def initialize(reader)
    super("interlibrary loan denied for reader #{reader}\nreason: three overdue loans\nblocked until: 2027-01-15")
  end
end

def logger
  case WAY
  when 'tagged'
    require 'active_support'
    require 'active_support/tagged_logging'
    made = Logger.new($stdout)
    made.formatter = Logger::Formatter.new
    made = ActiveSupport::TaggedLogging.new(made)
    made.push_tags('courier')
    made
  when 'logging'
    require 'logging'
    made = Logging.logger['Courier']
    made.add_appenders(Logging.appenders.stdout(layout: Logging.layouts.pattern(pattern: "[%d] %-5l %c : %m\n")))
    made
  when 'json'
    made = Logger.new($stdout)
    made.formatter = proc do |level, at, _, text|
      row = { time: at.utc.iso8601(3), level: level.downcase, pid: Process.pid }
      row[:message] = text.is_a?(Exception) ? text.message : text
      row[:exception] = { class: text.class.name, backtrace: text.backtrace } if text.is_a?(Exception)
      "#{row.to_json}\n"
    end
    made
  when 'journal'
    made = Logger.new($stderr)
    made.formatter = proc { |level, _, _, text| "#{level}: #{text.is_a?(Exception) ? text.full_message(highlight: false).chomp : text}\n" }
    made
  when 'bare'
    made = Logger.new($stderr)
    made.formatter = proc do |level, _, _, text|
      said = text.is_a?(Exception) ? text.full_message(highlight: false).chomp : text
      %w[INFO DEBUG].include?(level) || text.is_a?(Exception) ? "#{said}\n" : "#{level.downcase}: #{said}\n"
    end
    made
  else Logger.new($stdout)
  end
end

LOG = logger

class Courier
  def initialize(chance)
    @chance = chance
    @crates = {}
  end

  def find
    number = @chance.rand(100..999)
    @crates.fetch(number)
  end

  def weigh
    crate = @crates[@chance.rand(100..999)]
    crate.weight + 2
  end

  def route
    order = { 'from' => pick(BRANCHES), 'to' => pick(BRANCHES) }
    total(order.values, pick([nil, '12 km']))
  end

  def total(stops, extra)
    stops.sum(&:length) + extra
  end

  def manifest
    File.readlines("/srv/courier/manifest-#{@chance.rand(1000..9999)}.csv").each { |row| puts row }
  end

  def answer
    JSON.parse(pick(['{"loan": ', '<html>', '{loan: 3}']))
  end

  def gateway
    TCPSocket.new('127.0.0.1', @chance.rand(2..9)).close
  end

  def loan
    answer
  rescue JSON::ParserError
    raise CrateLost, "loan #{@chance.rand(1000..9999)} was not taken over from the union catalogue"
  end

  def notice
    Integer(pick(%w[2O 12,50 free]))
  end

  def denied
    [@chance.rand(1000..9999)].each { |reader| raise LoanDenied, reader }
  end

  def date
    Time.iso8601(pick(['2026-13-40', 'tomorrow', '27.11.2026']))
  end

  def average
    @crates.size.then { |n| @chance.rand(1..90) / n }
  end

  def nested(depth = 0)
    nested(depth + 1)
  end

  def pick(of) = of[@chance.rand(of.size)]
end

KINDS = %i[find weigh route manifest answer gateway loan notice denied date average].freeze
SAID = {
  find: 'crate not found', weigh: 'crate not weighed', route: 'no route', manifest: 'manifest not read', answer: 'partner sent no usable answer',
  gateway: 'gateway of the van is silent', loan: 'interlibrary loan failed', notice: 'notice not written', denied: 'loan denied', date: 'unusable date',
  average: 'statistics failed'
}.freeze

def mark(byte)
  $stdout.flush
  $stderr.flush
  $stdout.syswrite("#{byte}\n")
end

def trace(error) = "#{error.class}: #{error.message}\n  #{error.backtrace.join("\n  ")}"

def traced(courier, kind)
  courier.send(kind)
rescue StandardError => e
  case WAY
  when 'tagged', 'logging' then LOG.error("#{SAID[kind]}: #{trace(e)}")
  else LOG.error(e)
  end
end

def line(courier)
  kind = courier.pick(%i[find manifest answer gateway notice])
  courier.send(kind)
rescue StandardError => e
  LOG.error("#{SAID[kind]}: #{e.message} (#{e.class})")
end

def in_thread(courier)
  thread = Thread.new { courier.send(courier.pick(KINDS - [:weigh])) }
  thread.name = 'van'
  begin
    thread.join
  rescue StandardError # the runtime has told it
  end
end

def stop(courier, kind, chance)
  case kind
  when 0 then courier.send(courier.pick(%i[find weigh route average denied]))
  when 1 then courier.loan
  when 2
    LOG.fatal("queue server unreachable after #{chance.rand(3..9)} attempts, exiting")
    exit 1
  when 3 then abort "fatal: cannot write the position of van #{chance.rand(1..12)}"
  when 4 then courier.nested
  when 5
    begin
      courier.gateway
    rescue SystemCallError => e
      raise CrateLost, "van #{chance.rand(1..12)} cannot be told: #{e.message}"
    end
  end
end

def work(chance)
  chance.rand(2..4).times do
    id = chance.rand(1000..9999)
    LOG.info([
      "crate #{id % 900 + 100} left #{BRANCHES[id % 4]}", "loan #{id} taken over", "notice to reader #{id} printed",
      "van #{id % 12 + 1} is at km #{id % 70}", "#{id % 40} crates waiting at #{BRANCHES[id % 4]}"
    ][chance.rand(5)])
  end
  LOG.debug("route cache: #{chance.rand(1..90)} entries") if chance.rand < 0.3
  LOG.warn("van #{chance.rand(1..12)} is #{chance.rand(6..25)} minutes late") if chance.rand < 0.1
end

order = [*KINDS, :line, :batch, :die, :line, :thread, :die, :loan, :die]
LOG.info('courier 2.3.0 started') if start == '0'
(start.to_i...JOBS).each do |number|
  File.write(STATE, number.to_s)
  chance = Random.new(SEED * 1000 + number)
  work(chance)
  courier = Courier.new(chance)
  kinds = (0..number).map { |n| order[(n * 8 + SEED) % order.size] }
  kind = kinds.last
  if kind == :batch
    chance.rand(2..3).times do
      mark("\2")
      LOG.error("overdue notice to reader #{chance.rand(1000..9999)} not sent: #{courier.pick(['mailbox full', 'timeout', 'no address'])}")
      mark("\3")
    end
    next
  end
  mark("\2")
  case kind
  when :die then stop(courier, (kinds.count(:die) + SEED) % 6, chance)
  when :line then line(courier)
  when :thread then in_thread(courier)
  else traced(courier, kind)
  end
  mark("\3")
end
work(Random.new(SEED))
File.write(STATE, 'done')
