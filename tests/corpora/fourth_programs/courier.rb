# A courier that fails: `ruby courier.rb WAY FAILURE`.
require 'json'
require 'logger'
require 'socket'
require 'timeout'
require 'date'
require 'net/http'

WAY, FAILURE = ARGV
$stderr.sync = $stdout.sync = true
HEALTHY = [
  [:info, 'courier 7 started, 4 routes'],
  [:warn, 'route 3 is late by 12 min'],
  [:info, 'delivered=40 failed=0 errors=0'],
  [:info, 'GET /parcels/9 200 OK in 8ms'],
  [:debug, 'fallback route used for "error street 4"']
].freeze

def mark(byte) = $stderr.syswrite("#{byte.chr}\n")

module Courier
  class Error < StandardError; end
  class ParcelLost < Error
    def initialize(id) = super("parcel #{id.inspect} lost between \"Köln\" and depot: {\"scans\":[]}")
  end
  class Depot
    def scan(id) = lookup(id)
    def lookup(id) = { 'a' => 1 }.fetch(id)
  end
end

FAILURES = {
  nil_call: -> { nil.upcase },
  no_method: -> { Courier::Depot.new.weigh(1) },
  key: -> { Courier::Depot.new.scan('z') },
  name: -> { unknown_route },
  type: -> { 'km: ' + 7 },
  argument: -> { [1].first(-1) },
  arity: -> { Courier::Depot.new.scan },
  integer: -> { Integer('7km') },
  divide: -> { 1 / 0 },
  json: -> { JSON.parse('{"route": }') },
  date: -> { Date.parse('soon') },
  frozen: -> { 'a'.freeze << 'b' },
  missing: -> { File.read('/srv/courier/etc/routes.yml') },
  refused: -> { TCPSocket.new('127.0.0.1', 1) },
  http: -> { Net::HTTP.get(URI('http://127.0.0.1:1/eta')) },
  timeout: -> { Timeout.timeout(0.02) { sleep 1 } },
  custom: -> { raise Courier::ParcelLost, :p9 },
  chained: lambda {
    begin
      begin
        Courier::Depot.new.scan('q')
      rescue KeyError
        raise Courier::Error, 'scan failed: "q"'
      end
    rescue Courier::Error
      raise 'parcel 9 not delivered'
    end
  },
  many_lines: -> { raise ArgumentError, "invalid parcel:\n  weight: missing\n  size: 0 < 1\n" },
  recursion: -> { def again(n) = again(n + 1); again(0) },
  require: -> { require 'courier/telepathy' },
  encoding: -> { "caf\xE9".encode('UTF-16') },
  stop: -> { [].each.next },
  range: -> { [1, 2].fetch(9) },
  regexp: -> { Regexp.new('(') },
  match: -> { ({ a: 1 }) => { b: Integer } },
  bare: -> { raise 'depot is closed' },
  empty: -> { raise Courier::Error },
  system_exit: -> { abort 'courier: fatal: no routes configured' }
}.freeze

def deliver(id) = FAILURES.fetch(FAILURE.to_sym).call

def logged(log, say)
  HEALTHY.drop(FAILURE.length % 3).each { |level, text| log.(level, text) }
  begin
    deliver(9)
  rescue Exception => e
    mark(2)
    say.(e)
    mark(3)
  end
  HEALTHY.take(2).each { |level, text| log.(level, text) }
end

def print_healthy(&form) = HEALTHY.drop(FAILURE.length % 3).each { |level, text| warn(form ? form.(level, text) : text) }

case WAY
when 'uncaught' then print_healthy; mark(2); deliver(9)
when 'uncaught_stamped' then print_healthy { |level, text| "#{Time.now.utc.strftime('%F %T')} #{level}: #{text}" }; mark(2); deliver(9)
when 'thread' then warn 'threads: 3'; mark(2); Thread.new { deliver(9) }.tap { |t| t.join rescue nil }; mark(3); warn 'thread 3 replaced'
when 'logger' then l = Logger.new($stderr); logged(l.method(:public_send), ->(e) { l.error(e) })
when 'logger_text' then l = Logger.new($stderr, progname: 'courier'); logged(l.method(:public_send), ->(e) { l.error("parcel 9: #{e.class}: #{e.message}\n#{e.backtrace.join("\n")}") })
when 'logger_message' then l = Logger.new($stderr); logged(l.method(:public_send), ->(e) { l.error("parcel 9 failed: #{e.message} (#{e.class})") })
when 'full_message' then logged(->(level, text) { warn "[#{level}] #{text}" }, ->(e) { warn e.full_message(highlight: false) })
when 'json' then logged(->(level, text) { warn({ level:, text: }.to_json) }, ->(e) { warn({ level: :error, text: 'parcel 9 failed', error: e.class.name, message: e.message.scrub, backtrace: e.backtrace }.to_json) })
when 'rails'
  require 'active_support'
  require 'active_support/all'
  l = ActiveSupport::TaggedLogging.new(Logger.new($stderr, formatter: Logger::Formatter.new))
  l.tagged('5c1f0e7a-21') do
    logged(l.method(:public_send), ->(e) { l.error("#{e.class} (#{e.message}):\n#{e.backtrace.map { |f| "  #{f}" }.join("\n")}") })
  end
when 'webrick'
  require 'webrick'
  s = WEBrick::HTTPServer.new(Port: 0, BindAddress: '127.0.0.1', AccessLog: [])
  s.mount_proc('/') { |_, _| mark(2); deliver(9) }
  t = Thread.new { s.start }
  Net::HTTP.get(URI("http://127.0.0.1:#{s.listeners[0].addr[1]}/"))
  mark(3)
  s.shutdown
  t.join
end
