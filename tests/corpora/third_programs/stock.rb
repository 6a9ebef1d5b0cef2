# A stock service: `stock.rb WAY CASE` runs into one failure in one logging set-up, marking what belongs to it.
require 'logger'
require 'json'
require 'net/http'
require 'socket'
require 'timeout'
require 'time'

$stderr.sync = true
def start! = $stderr.puts("\x02")
def finish! = $stderr.puts("\x03")

module Stock
  class Error < StandardError; end

  class NotEnough < Error
    def initialize(sku, missing) = super("#{missing} pieces of #{sku} are missing")
  end

  class Record
    def self.find(id) = ({ 1 => new }[id] or raise Error, "Couldn't find Stock::Record with 'id'=#{id}")
    def initialize = @rows = nil
    def total = @rows.sum
    def reserve(count) = raise(NotEnough.new('A-1', count))
  end

  class Import
    def run(line) = line.split(';').then { |sku, count| [sku, Integer(count)] }
  end
end

CASES = {
  nil_sum: -> { Stock::Record.find(1).total },
  not_found: -> { Stock::Record.find(17) },
  not_enough: -> { Stock::Record.find(1).reserve(3) },
  refused: -> { Net::HTTP.get(URI('http://127.0.0.1:9/prices')) },
  timeout: -> { Timeout.timeout(0.05) { sleep 1 } },
  json: -> { JSON.parse('{"sku": "A-1", "count": }') },
  missing: -> { File.read('/etc/stock/stock.yml') },
  permission: -> { File.chmod(0o600, '/proc/version') },
  full: -> { File.write('/dev/full', 'row 17') },
  zero: -> { 100 / [].size },
  key: -> { { sku: 'A-1' }.fetch(:count) },
  number: -> { Stock::Import.new.run('A-1;many') },
  stack: -> { deep = ->(n) { deep.(n + 1) }; deep.(0) },
  argument: -> { Stock::NotEnough.new('A-1') },
  type: -> { '17' + 3 },
  frozen: -> { 'A-1'.freeze << '-B' },
  name_error: -> { reorder_level * 2 },
  encoding: -> { "caf\xE9".encode('UTF-16') },
  wrapped: lambda {
    begin
      Net::HTTP.get(URI('http://127.0.0.1:9/prices'))
    rescue SystemCallError
      raise Stock::Error, 'price list could not be loaded'
    end
  },
  load_error: -> { require 'stock/adapters/redis' },
  stop: -> { [].each.next },
  env: -> { ENV.fetch('STOCK_DSN') },
}.freeze

CHATTER = [
  [:info, 'Completed 200 OK in 12ms (Views: 0.2ms | ActiveRecord: 3.1ms)'],
  [:info, 'sync finished: 1200 rows, errors=0'],
  [:warn, 'queue default is 92s behind'],
  [:debug, 'no error handler for StockError, using default'],
  [:info, 'Started GET "/stock/17" for 10.0.0.8'],
  [:warn, 'retry 1 of 3 in 2s'],
  [:info, 'error budget: 99.98% left'],
].freeze

FORMATS = {
  default: nil,
  rails: ->(_, _, _, message) { "#{message}\n" },
  stamped: ->(severity, time, _, message) { "[#{time.strftime('%F %T')}] #{severity}: #{message}\n" },
  sidekiq: ->(severity, time, _, message) { "#{time.utc.iso8601(3)} pid=#{Process.pid} tid=1h3k class=ImportJob jid=4f2e #{severity}: #{message}\n" },
  puma: ->(severity, time, _, message) { "#{time.strftime('%F %T %z')} #{severity} #{message}\n" },
  json: ->(severity, time, _, message) { JSON.dump(level: severity, time: time.iso8601, msg: message, error: nil).+("\n") },
}.freeze

def text(failure) = "#{failure.class} (#{failure.message}):\n  #{failure.backtrace.join("\n  ")}"

ENDINGS = {
  mentioned: lambda { |run, log|
    begin
      run.call
    rescue Exception => e
      log.warn('attempt 1 did not succeed, retrying')
      start!
      log.error("giving up after 2 attempts: #{e.class}: #{e.message.lines.first.chomp}")
      finish!
    end
  },
  full: lambda { |run, log|
    begin
      run.call
    rescue Exception => e
      start!
      log.error(e.full_message(highlight: false).chomp)
      finish!
    end
  },
  exception: lambda { |run, log|
    begin
      run.call
    rescue Exception => e
      start!
      log.fatal(e)
      finish!
    end
  },
  uncaught: ->(run, _) { start!; run.call },
  thread: lambda { |run, _|
    start!
    worker = Thread.new { run.call }
    begin
      worker.join
    rescue Exception
      nil
    end
    finish!
  },
  dies: lambda { |run, log|
    begin
      run.call
    rescue Exception
      start!
      log.fatal('stock cannot start, exiting') # one report: its trace reads as that of the line
      raise
    end
  },
}.freeze

WAYS = FORMATS.keys + ENDINGS.keys
if ARGV == ['list']
  puts WAYS.join(' '), CASES.keys.join(' ')
  exit
end
way, name = ARGV.map(&:to_sym)
log = Logger.new($stderr, progname: way == :sidekiq ? nil : 'stock')
log.formatter = FORMATS[way] || (way == :full ? FORMATS[:stamped] : nil)
seed = ARGV.join.sum
3.times { |n| log.public_send(*CHATTER[(seed + n) % 7]) }
if ENDINGS[way]
  ENDINGS[way].call(CASES[name], log)
else
  begin
    CASES[name].call
  rescue Exception => e
    start!
    case way
    when :json then $stderr.puts JSON.dump(level: 'ERROR', time: Time.now.iso8601, msg: e.message, error: e.class, backtrace: e.backtrace)
    when :sidekiq, :puma then log.error("#{e.class}: #{e.message}\n#{e.backtrace.join("\n")}")
    when :rails then log.error(text(e))
    else log.error("could not reserve 17: #{e.class}: #{e.message}\n\t#{e.backtrace.join("\n\t")}")
    end
    finish!
  end
end
2.times { |n| log.public_send(*CHATTER[(seed + 4 + n) % 7]) }
