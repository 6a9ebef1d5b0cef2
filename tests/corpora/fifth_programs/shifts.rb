# A rota service: `shifts.rb WAY START STEP`, or `shifts.rb fall FAILURE`, or `shifts.rb names`.
require 'date'
require 'json'
require 'logger'
require 'net/http'
require 'open3'
require 'socket'
require 'timeout'
require 'time'
require 'tempfile'
require 'yaml'
require 'set'
require 'zlib'
require 'csv'
require 'uri'
require 'ipaddr'
require 'bigdecimal'
require 'openssl'

class ShiftError < StandardError; end

class Overlap < ShiftError
  def initialize(first, second)
    super("shift #{first} overlaps with shift #{second}")
  end
end

Member = Struct.new(:name, :age)

FAILURES = {
  missing: -> { File.read('/var/lib/shifts/rota.json') },
  directory: -> { File.read('/etc') },
  exists: -> { Dir.mkdir('/etc') },
  not_empty: -> { Dir.rmdir('/etc') },
  full: -> { File.write('/dev/full', 'x') },
  permission: -> { Process::UID.eid = 65_534; begin File.read('/etc/shadow') ensure Process::UID.eid = 0 end },
  refused: -> { TCPSocket.new('127.0.0.1', 9) },
  refused_http: -> { Net::HTTP.get(URI('http://127.0.0.1:9/rota')) },
  slow_socket: -> { server = TCPServer.new('127.0.0.1', 0); Net::HTTP.start('127.0.0.1', server.addr[1], read_timeout: 0.03, max_retries: 0) { |h| h.get('/') } },
  json: -> { JSON.parse('{"shift": 12, "who": }') },
  json_empty: -> { JSON.parse('') },
  json_nested: -> { a = []; a << a; JSON.generate(a) },
  number: -> { Integer('12a') },
  float: -> { Float('12,5') },
  decimal: -> { BigDecimal('x') },
  nil_method: -> { nil.upcase },
  nil_index: -> { {}[:shift][:who] },
  nil_add: -> { nil + 1 },
  nil_coerce: -> { 1 + nil },
  text_add: -> { 'shift ' + 12 },
  fetch_key: -> { { name: 1 }.fetch(:who) },
  fetch_index: -> { [1, 2].fetch(7) },
  zero: -> { 100 / [].size },
  modulo: -> { 100 % 0 },
  no_method: -> { Member.new('Ann', 1).nmae },
  no_name: -> { eval('shfts') },
  no_constant: -> { Printer.new },
  arguments: -> { Member.new(1, 2, 3) },
  keyword: -> { def self.book(who:) = who; book },
  frozen: -> { 'rota'.freeze << 'x' },
  frozen_hash: -> { { a: 1 }.freeze[:b] = 2 },
  type: -> { [1, 'a'].sort },
  compare: -> { [1, nil].max },
  convert: -> { Array.new('x') },
  negative: -> { [1].first(-1) },
  recursion: -> { deep = ->(n) { deep.(n + 1) }; deep.(0) },
  encode: -> { 'Zürich'.encode('US-ASCII') },
  decode: -> { "caf\xe9".encode('UTF-16') },
  mixed: -> { "caf\xe9".force_encoding('BINARY') + 'Zürich' },
  regex: -> { Regexp.new('shift (') },
  date: -> { Date.parse('nonsense') },
  date_new: -> { Date.new(2026, 2, 30) },
  time: -> { Time.parse('x') },
  yaml: -> { YAML.load("a: [1\nb: 2") },
  csv: -> { CSV.parse("a,\"b\nc") },
  uri: -> { URI('http://rota test/') },
  address: -> { IPAddr.new('10.0.0.300') },
  unzip: -> { Zlib::Inflate.inflate('no zip') },
  gunzip: -> { Zlib::GzipReader.new(StringIO.new('no gzip')) },
  required: -> { require 'shifts_printer' },
  syntax: -> { eval('shift = ;') },
  timeout: -> { Timeout.timeout(0.03) { sleep 1 } },
  command: -> { system('sh', '-c', 'exit 3', exception: true) },
  command_missing: -> { Open3.capture2('print-rota') },
  stop: -> { [].each.next },
  closed: -> { r, w = IO.pipe; r.close; w.write('x') },
  closed_stream: -> { f = File.open('/etc/hostname'); f.close; f.read },
  eof: -> { StringIO.new('').readline },
  queue: -> { Queue.new.pop(true) },
  fiber: -> { f = Fiber.new { 1 }; f.resume; f.resume },
  thread_value: -> { t = Thread.new { Thread.current.report_on_exception = false; Integer('x') }; t.value },
  deadlock: -> { m = Mutex.new; m.lock; m.lock },
  ractor: -> { :x.instance_variable_set(:@a, 1) },
  pattern: -> { { a: 1 } => { b: Integer } },
  throw_tag: -> { throw :done },
  out_of_range: -> { [1].pack('U').unpack('@9U'); 300.chr },
  too_big: -> { 'x' * (2**62) },
  math: -> { Math.sqrt(-1) },
  float_int: -> { (0.0 / 0).to_i },
  key: -> { format('%<who>s', shift: 1) },
  format: -> { format('%d', 'x') },
  cipher: -> { OpenSSL::Cipher.new('rot-13') },
  certificate: -> { OpenSSL::X509::Certificate.new('none') },
  private_call: -> { Object.new.puts('x') },
  not_implemented: -> { raise NotImplementedError, 'swaps are not implemented' },
  own: -> { raise Overlap.new(3, 17) },
  said: -> { raise 'no one is on call tonight' },
  bare: -> { raise ShiftError },
  chained: -> { begin JSON.parse('[1,') rescue raise ShiftError, 'rota.json could not be read' end },
  chained_twice: -> { begin FAILURES[:chained].call rescue raise 'no rota for tonight' end },
  ensured: -> { begin Integer('x') ensure {}.fetch(:lock) end },
  lines: -> { raise ArgumentError, "rota is not valid:\n  monday: nobody\n  sunday: Ann twice" },
}.freeze

class Rota
  def handle(name)
    dispatch(name)
  end

  def dispatch(name)
    [name].each { |each| FAILURES.fetch(each.to_sym).call }
  end
end

WAY, START, STEP = ARGV
CHANCE = Random.new("#{WAY} #{START}".sum)
HEALTHY = File.readlines('healthy.tsv', chomp: true).map { |line| line.split("\t") }
$stderr.sync = $stdout.sync = true

def mark(sign) = $stderr.syswrite("#{sign.chr}\n")

def text_of(message)
  case message
  when Exception then "#{message.message} (#{message.class})\n#{message.backtrace&.join("\n")}"
  else message.to_s
  end
end

LAYOUTS = {
  'logger' => Logger::Formatter.new,
  'common' => ->(level, time, _, message) { "#{time.strftime('%F %T,%L')} #{level} [worker-#{CHANCE.rand(1..4)}] shifts.rota - #{text_of(message)}\n" },
  'rails' => ->(level, _, _, message) { "#{level[0]}, [#{Time.now.strftime('%FT%T.%6N')} ##{Process.pid}] #{level.rjust(5)} -- : [5f3c#{CHANCE.rand(1000..9999)}] #{text_of(message)}\n" },
  'json' => lambda { |level, time, _, message|
    error = message.is_a?(Exception) ? message : nil
    JSON.generate({ time: time.iso8601(3), level: level, pid: Process.pid, message: error ? error.message.scrub : message,
                    error: error&.class&.name, stack: error&.backtrace }.reject { |k, v| k == :stack && v.nil? }) + "\n"
  },
  'simple' => ->(level, time, _, message) { "[#{time.strftime('%F %T')}] #{level}: #{text_of(message)}\n" },
}.freeze

class Printed
  %w[debug warn].each { |name| define_method(name) { |message| message.is_a?(Exception) ? error(message) : nil } }
  def info(message) = $stderr.puts(message)

  def error(message)
    $stderr.puts(message.is_a?(Exception) ? message.full_message(highlight: false, order: :top) : "error: #{message}")
  end
  alias fatal error
end

def log_for(way)
  return Printed.new if way == 'printed'

  Logger.new($stderr, formatter: LAYOUTS.fetch(way), progname: way == 'logger' ? 'shifts' : nil)
end

def healthy(log, fewest)
  (fewest + CHANCE.rand(5)).times do
    level, text = HEALTHY.sample(random: CHANCE)
    log.public_send(level.downcase, text.gsub('@') { CHANCE.rand(2..900).to_s }.gsub('\n', "\n"))
  end
end

SAID = ['shift %d could not be booked', 'request GET /rota/%d failed', 'job %d failed', 'cannot notify member %d',
        'worker gave up on task %d', 'unexpected failure in run %d'].freeze


names = FAILURES.keys.map(&:to_s)
case WAY
when 'names' then puts names
when 'fall'
  healthy(log_for('common'), 2)
  mark(2)
  Rota.new.handle(START)
when 'thread'
  log = log_for('logger')
  START.split(',').each do |name|
    healthy(log, 1)
    thread = Thread.new { begin Rota.new.handle(name) ensure mark(2) end }
    begin thread.join rescue nil end
    mark(3)
  end
  healthy(log, 1)
else
  log = log_for(WAY)
  names.each_with_index.select { |_, at| at % STEP.to_i == START.to_i }.each_with_index do |(name, _), number|
    healthy(log, WAY == 'printed' ? 1 : 0)
    begin
      Rota.new.handle(name)
      puts "did not fail: #{name}"
    rescue Exception => e # rubocop:disable Lint/RescueException
      said = format(SAID.sample(random: CHANCE), CHANCE.rand(100..9000))
      mark(2)
      if number % 4 == 1 then log.error("#{said}: #{e.message.scrub.lines.first.to_s.chomp} (#{e.class})")
      elsif number % 7 == 3 then log.warn(e)
      elsif number % 9 == 5 then log.fatal(e)
      elsif WAY != 'printed' && number.even? then log.error("#{said}: #{e.full_message(highlight: false, order: :top)}")
      else log.error(e)
      end
      mark(3)
    end
  end
  healthy(log, 1)
end
