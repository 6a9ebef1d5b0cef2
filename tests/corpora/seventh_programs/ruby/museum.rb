# A museum's tickets of Ruby's standard library alone, which logs with Logger or to its streams.
require 'logger'
require 'json'
require 'socket'
require 'net/http'
require 'timeout'
require 'date'
require 'csv'
require 'yaml'
require 'open3'
require 'tempfile'
require 'set'

$stdout.sync = $stderr.sync = true
WAY, MODE, SEED = ARGV
CHANCE = Random.new(SEED.to_i)
BARE = %w[bare journal].include?(WAY)
ORDINARY = File.readlines('../ordinary.txt', chomp: true, encoding: 'utf-8')
LOG = Logger.new($stderr, progname: WAY == 'named' ? 'museum' : nil)
if WAY == 'line'
  LOG.formatter = proc { |level, at, _, text| "#{at.strftime('%F %T.%L')} #{level.ljust(5)} [museum] #{text.is_a?(Exception) ? text.full_message(highlight: false, order: :top).chomp : text}\n" }
elsif WAY == 'mixed'
  LOG.formatter = Logger::Formatter.new
end
def number = CHANCE.rand(1000..9999)

def mark(byte)
  $stdout.flush
  $stderr.syswrite("#{byte}\n")
end

def healthy
  [0, 1, 1, 2, 3, 5].sample(random: CHANCE).times do
    line = ORDINARY.sample(random: CHANCE).gsub('\\n', "\n")
    warns = line.delete_prefix!('W ')
    if BARE || line.include?("\n") || (WAY == 'mixed' && CHANCE.rand < 0.5) then puts line
    elsif warns then LOG.warn(line)
    else LOG.info(line)
    end
  end
end

class TicketError < StandardError; end
class SoldOut < TicketError
  def initialize(room, day) = super("room #{room} is sold out on #{day}")
end

class Room
  attr_accessor :guide

  def initialize(name) = @name = name
  def tour(left) = left.zero? ? guide.name : tour(left - 1)
end

def chained
  Integer('twelve')
rescue ArgumentError
  raise TicketError, "price of ticket #{number} unknown"
end

def thrice
  chained
rescue TicketError
  raise SoldOut.new(number, 'Montag')
end

def endless(n) = endless(n + 1) + 1

TOLD = {
  nil_method: -> { Room.new('Ä').tour(0) },
  deep: -> { Room.new('B').tour(CHANCE.rand(3..12)) },
  chained: -> { chained },
  thrice: -> { thrice },
  sold_out: -> { raise SoldOut.new(number, '土曜日') },
  name: -> { cashier_desk },
  key: -> { { a: 1 }.fetch(:"room#{number}") },
  index: -> { [1, 2].fetch(number) },
  argument: -> { Room.new },
  keyword: -> { Tempfile.create(nope: number) { 1 } },
  type: -> { 'a' + number },
  nil_plus: -> { [nil].sum },
  divide: -> { number / 0 },
  file: -> { File.read("/srv/museum/#{number}.yml") },
  mkdir: -> { Dir.mkdir('/proc/none/here') },
  json: -> { JSON.parse("{\"id\": #{number}, \"name\": }") },
  yaml: -> { YAML.safe_load("rooms: [1, 2\nday: x", filename: 'rooms.yml') },
  csv: -> { CSV.parse("a,\"b\nc") },
  date: -> { Date.parse('2026-02-31') },
  connect: -> { TCPSocket.new('127.0.0.1', 1) },
  http: -> { Net::HTTP.get(URI('http://127.0.0.1:1/rooms')) },
  timeout: -> { Timeout.timeout(0.01) { sleep 1 } },
  thread_value: -> { Thread.new { Thread.current.report_on_exception = false; chained }.value },
  frozen: -> { 'room'.freeze << 'x' },
  stop: -> { [].each.next },
  encode: -> { "prix \u20ac".encode('ISO-8859-1') },
  invalid: -> { "caf\xe9".encode('UTF-16') },
  regexp: -> { Regexp.new("(room#{number}") },
  load: -> { require "museum/plugins/pay#{number}" },
  syntax: -> { eval("price = (12 +\n", binding, 'rule.rb', 7) },
  lines: -> { raise TicketError, "booking #{number} not valid:\n  - name: missing\n  - day: in the past" },
  unicode: -> { raise TicketError, "Führung „Ænima“ #{number} entfällt ☠" },
  long: -> { raise TicketError, "cannot save #{Array.new(60) { |n| { id: n, code: number, tags: %w[a ö] } }}" },
  stack: -> { endless(0) },
  not_implemented: -> { raise NotImplementedError, "refund of #{number}" },
  string: -> { raise "cashier #{number} is locked" },
  no_message: -> { raise TicketError },
  ractor: -> { Comparable.instance_method(:clamp).bind_call(3, 9, 1) },
  child: -> { out, state = Open3.capture2e('sh -c "echo lpr: no paper; exit 4"'); raise "print failed (#{state.exitstatus}): #{out}" unless state.success? },
  spawn: -> { system('/none/print', exception: true) },
  throw: -> { throw :closed },
  private: -> { Room.new('C').puts 'x' },
  queue: -> { Queue.new.pop(true) },
  fiber: -> { f = Fiber.new { 1 }; 2.times { f.resume } ; f.resume },
  match: -> { day = { day: number }; day => { room: Integer } }
}.freeze

def error(text) = BARE ? warn(text) : LOG.error(text)

ITSELF = {
  thread: -> { Thread.new { Room.new('D').tour(2) }.join rescue nil },
  thread_named: -> { t = Thread.new { Thread.current.name = 'guide-2'; sleep 0.01; thrice }; t.join rescue nil },
  plain: -> { error("error: ticket #{number} not printed, printer answered 503") },
  plain_lines: -> { error("ERROR booking #{number} refused:\n  seats: 0\n  card: expired") },
  fatal: -> { BARE ? warn("fatal: no database after 5 attempts (#{number})") : LOG.fatal("no database after 5 attempts (#{number})") },
  backtrace: -> { begin; thrice; rescue TicketError => e; error("#{e.class}: #{e.message}\n\t#{e.backtrace.join("\n\t")}"); end },
  backtrace_first: -> { begin; chained; rescue TicketError => e; error("ticket desk failed: #{e.message} (#{e.class})\n#{e.backtrace.first(3).join("\n")}"); end },
  inspect: -> { begin; Room.new('E').tour(1); rescue NoMethodError => e; error("failed: #{e.inspect}"); end }
}.freeze

def tell(name, failure)
  if BARE
    warn CHANCE.rand < 0.5 ? failure.full_message(highlight: false, order: :top) : "#{name} failed: #{failure.full_message(highlight: false, order: :top)}"
  elsif CHANCE.rand < 0.7 then LOG.error(failure)
  else LOG.error("#{name} of #{number} failed: #{failure.full_message(highlight: false, order: :top)}")
  end
end

if MODE == 'serve'
  (TOLD.merge(ITSELF).to_a).shuffle(random: CHANCE).each do |name, failure|
    healthy
    mark("\2")
    begin
      failure.call
    rescue Exception => e
      tell(name, e)
    end
    mark("\3")
  end
  healthy
else
  healthy
  mark("\2")
  case MODE
  when 'abort' then abort 'error: cannot bind 0.0.0.0:80: Permission denied'
  when 'at_exit' then at_exit { raise TicketError, 'till not closed' }
  when 'kill' then Process.kill(:SEGV, Process.pid)
  when 'deadlock' then Queue.new.pop
  when 'thread_abort' then Thread.new { Thread.abort_on_exception = true; Thread.current.report_on_exception = false; chained }.join
  else TOLD.fetch(MODE.to_sym).call
  end
end
