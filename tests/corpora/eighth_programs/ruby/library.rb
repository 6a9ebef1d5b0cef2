# A library's lending worker: takes jobs from a queue, logs the ones that fail and goes on, and sometimes dies.
require 'date'
require 'json'
require 'logger'
require 'net/http'
require 'open3'
require 'psych'
require 'socket'
require 'timeout'
require 'zlib'

WAY, SEED, START, STATE = ARGV[0], ARGV[1].to_i, ARGV[2].to_i, ARGV[3]
$stdout.sync = $stderr.sync = true

def begin_mark = $stderr.syswrite("\2\n")
def end_mark = $stderr.syswrite("\3\n")
def pick(list) = list[$chance.rand(list.size)]
def number = 10_000 + $chance.rand(90_000)

module Library
  class LoanError < StandardError; end
  class CatalogueError < RuntimeError; end
end

LOG = Logger.new($stderr, progname: %w[logger].include?(WAY) ? 'library' : nil)
LOG.formatter =
  case WAY
  when 'json'
    lambda { |level, at, _, text|
      entry = { timestamp: at.utc.strftime('%Y-%m-%dT%H:%M:%S.%LZ'), level: level, service: 'library' }
      entry.merge!(text.is_a?(Hash) ? text : { message: text })
      "#{entry.to_json}\n"
    }
  when 'rails' then ->(level, at, _, text) { "[#{at.utc.strftime('%Y-%m-%d %H:%M:%S.%L')}] #{level.ljust(5)} -- #{text}\n" }
  when 'journal' then ->(level, _, _, text) { "#{level} #{text}\n" }
  end

def info(text) = WAY == 'stderr' ? puts(text) : LOG.info(text)

# What teams write into the log for an error: the exception itself, or its parts joined.
def tell(level, text, error = nil)
  return LOG.send(level, text) unless error

  if WAY == 'json'
    LOG.send(level, { message: text, error: { class: error.class.name, message: error.message, stack: error.backtrace } })
  elsif WAY == 'logger' && $chance.rand(2).zero?
    LOG.send(level, error)
  elsif WAY == 'stderr'
    warn "#{text}: #{error.message} (#{error.class})\n\t#{(error.backtrace || []).join("\n\t")}"
  else
    LOG.send(level, "#{text}: #{error.class}: #{error.message}\n#{(error.backtrace || []).join("\n")}")
  end
end

def refused = TCPSocket.new('127.0.0.1', 9)

def reserve(book)
  refused
rescue SystemCallError
  raise Library::CatalogueError, "catalogue unreachable, book #{book} not reserved"
end

def nightly
  reserve(number)
rescue Library::CatalogueError
  raise Library::LoanError, 'nightly run stopped'
end

def middleware(left, &call) = left.zero? ? call.call : [left].each { |x| middleware(x - 1, &call) }

FAILURES = {
  nil_method: -> { reader = nil; reader.email },
  no_method: -> { 'isbn'.borrow },
  no_name: -> { late_fee * 2 },
  no_constant: -> { Library::Reminder.new },
  key: -> { { title: 'Emma' }.fetch(:isbn) },
  zero: -> { number / 0 },
  integer: -> { Integer(pick(%w[12,50 n/a 4e2])) },
  type: -> { 'fee: ' + 3 },
  few: -> { ->(book, reader) { book }.call(1) },
  json: -> { JSON.parse(pick(['{"isbn": ', '<html>', '[1,'])) },
  no_file: -> { File.read("/srv/data/books/#{number}.xml") },
  refused: -> { refused },
  reserve: -> { reserve(number) },
  nightly: -> { nightly },
  web: -> { Net::HTTP.get(URI("http://127.0.0.1:9/isbn/#{number}")) },
  date: -> { Date.parse('30.02.2026') },
  timeout: -> { Timeout.timeout(0.01) { sleep 1 } },
  frozen: -> { 'Emma'.freeze << '!' },
  yaml: -> { Psych.load("loan: [1, 2\nreader: 3") },
  gzip: -> { Zlib.gunzip('not gzip at all') },
  encoding: -> { "Caf\xe9".encode('UTF-16') },
  stop: -> { [].each.next },
  range: -> { [1, 2].first(-1) },
  index: -> { [1].fetch(7) },
  tool: -> { Open3.capture2('print-label') },
  uri: -> { URI('http://library.example/a b') },
  loan: -> { raise Library::LoanError, "book #{number} is already lent" },
  lines: -> { raise Library::LoanError, "3 rows of loans.csv rejected:\n  row 4: unknown reader\n  row 9: no date\n  row 12: empty" },
  deep: -> { middleware(4 + $chance.rand(10)) { raise Library::LoanError, "reader #{number} is blocked" } },
  deep_chain: -> { middleware(2 + $chance.rand(5)) { nightly } },
  regexp: -> { Regexp.new('(unclosed') },
  not_implemented: -> { raise NotImplementedError, 'renewal by mail is not supported' },
}.freeze

def logged(name)
  FAILURES[name].call
rescue StandardError, ScriptError => e
  text = pick(["Loan #{number} failed", 'Unhandled exception in job', "Could not remind reader #{number}", 'Import failed'])
  begin_mark
  tell(:error, text, e)
  end_mark
end

def shown(name)
  FAILURES[name].call
rescue StandardError, ScriptError => e
  begin_mark
  warn e.full_message(highlight: false)
  end_mark
end

def told
  text = pick(['Catalogue returned 503 for book #', 'Reader # has no address', 'Giving up on reminder # after 5 attempts',
               'Timed out waiting for the shelf lock (book #)', 'Fee of reader # could not be booked']).sub('#') { number.to_s }
  begin_mark
  tell($chance.rand(5).zero? ? :fatal : :error, text)
  end_mark
end

def told_in_lines
  begin_mark
  tell(:error, "Validation of loan #{number} failed:\n  - reader: must exist\n  - due: must be a date")
  end_mark
end

def in_thread(name)
  begin_mark
  thread = Thread.new { FAILURES[name].call }
  thread.join
rescue StandardError, ScriptError
  end_mark
end

def dies(name)
  begin_mark
  FAILURES[name].call
end

def aborts
  begin_mark
  abort "fatal: LIBRARY_#{pick(%w[DB KEY MAIL])}_URL is not set"
end

def falls_over(name)
  FAILURES[name].call
rescue StandardError, ScriptError => e
  begin_mark
  tell(:fatal, 'Worker crashed', e)
  exit! 1
end

def work
  working = ['Book # lent to reader #', 'Book # returned', 'Reminder # sent in # ms', 'Catalogue has # entries', 'Completed 200 OK in #ms', 'Imported # loans',
             'Queue has # jobs', 'Label # printed']
  healthy = ['Import of # loans finished: 0 errors', 'Self test ok, no error found (#)', 'Catalogue answered {"id": #, "error": null}', 'GET /help/exceptions/# 200',
             'Book # reserved on attempt 2 of 3', 'failures: 0, done: #']
  (2 + $chance.rand(3)).times do
    info(pick($chance.rand < 0.15 ? healthy : working).gsub('#') { number.to_s })
    LOG.warn('Shelf 12 is nearly full') if $chance.rand < 0.05
  end
end

def plan
  names = FAILURES.keys
  jobs = [[:told]] * 7 + [[:told_in_lines]] * 3
  some = ->(job, count) { names.shuffle(random: $chance).first(count).map { |x| [job, x] } }
  if %w[stderr journal].include?(WAY)
    jobs += some.(:logged, 18) + some.(:shown, 6) + some.(:in_thread, 6) + some.(:dies, 18) + [[:aborts]]
  else
    jobs += names.map { |x| [:logged, x] } + some.(:falls_over, 4) + some.(:dies, 4)
  end
  jobs.shuffle(random: $chance)
end

$chance = Random.new(SEED)
jobs = plan
info("library worker 2.#{SEED} starting")
info('Catalogue opened')
jobs.each_with_index do |(job, *rest), at|
  next if at < START

  File.write(STATE, at.to_s)
  $chance = Random.new(SEED * 1000 + at)
  work
  send(job, *rest)
end
info('Queue drained, stopping')
File.write(STATE, 'done')
