# Books lessons of a ski school. Arguments: way, seed, first job, state file.
require 'json'
require 'logger'
require 'securerandom'
require 'set'
require 'socket'
require 'time'
require 'timeout'

WAY, seed, start, STATE = ARGV
SEED, START = seed.to_i, start.to_i
CHANCE = Random.new(SEED * 1000 + START)
$stdout.sync = $stderr.sync = true
LOG = Logger.new($stderr)

class LessonError < StandardError; end
class InstructorMissing < LessonError; end

def up_to(n) = CHANCE.rand(n)
def one(*list) = list[up_to(list.size)]
def id = format('%08x-41ad-4c10-9e%02x-%012x', up_to(2**32), up_to(256), up_to(2**48))

def entry(level, text, error = nil)
  now = Time.now.utc
  trace = error&.backtrace || []
  case WAY
  when 'rails'
    tag = "[#{id}]"
    if error
      lines = ['  ', "#{error.class} (#{error.message}):", *caused(error), '  ', *trace]
      LOG.fatal("#{tag} " + lines.join("\n#{tag} "))
    else
      LOG.public_send(level, "#{tag} #{text}")
    end
  when 'semantic'
    head = "#{now.strftime('%Y-%m-%d %H:%M:%S.%6N')} #{level[0].upcase} [4120:puma #{format('%03d', up_to(9))}] Lessons -- #{text}"
    $stderr.puts error ? "#{head} -- Exception: #{error.class}: #{error.message}\n#{trace.join("\n")}" : head
  when 'json'
    kept = { time: now.iso8601(3), level: level.upcase, progname: 'lessons', msg: text }
    kept[:err] = { name: error.class.name, message: error.message, stack: trace.join("\n") } if error
    $stderr.puts JSON.generate(kept)
  when 'tagged'
    head = "[#{now.strftime('%Y-%m-%d %H:%M:%S')}] [lessons] [#{level.upcase}] "
    $stderr.puts head + (error ? "#{text}: #{error.full_message(highlight: false, order: :top).chomp}" : text)
  when 'journal'
    $stderr.puts "#{level.upcase} -- : #{text}" + (error ? ": #{error.message} (#{error.class})\n\t#{trace.join("\n\t")}" : '')
  else
    if error then $stderr.puts error.full_message(highlight: false, order: :top)
    else $stderr.puts(%w[error fatal].include?(level) ? "ERROR: #{text}" : text)
    end
  end
end

def caused(error)
  error.cause ? ['Caused by: ' + "#{error.cause.class} (#{error.cause.message})"] : []
end

def ordinary
  n = 100 + up_to(9000)
  lines = [
    ['info', %(Started GET "/lessons/#{n}" for 10.0.4.#{n % 200})],
    ['info', "Completed 200 OK in #{n % 90}ms"],
    ['info', "lesson #{n} booked for #{n % 8 + 1} children"],
    ['info', 'import finished, 0 errors'],
    ['info', 'GET /blog/the-exception-proves-the-rule 200'],
    ['info', 'mail server answered after 2 retries'],
    ['debug', 'answer {"error": null, "free": 4}'],
    ['info', 'no errors found in the timetable'],
    ['warn', "group #{n % 30} has #{n % 4 + 8} children"]
  ]
  picked = lines.shuffle(random: CHANCE).take(2 + up_to(3)).partition { |level, _| level == 'warn' }.flatten(1)
  picked.each { |level, text| entry(level, text) }
end

def caught(text, &work)
  lambda do
    work.call
  rescue Exception => e
    entry('error', text, e)
  end
end

def assign(group) = raise(InstructorMissing, "no instructor for group #{group}")

def book(group)
  assign(group)
rescue InstructorMissing
  raise LessonError, "lesson of group #{group} cannot be booked"
end

def deep(n) = deep(n + 1) + 1

KINDS = [
  caught('instructor not assigned') { assign(up_to(30)) },
  caught('booking failed') { book(up_to(30)) },
  caught('child not found') { nil.first_name },
  caught('price not computed') { 41 / (0 * up_to(9)) },
  caught('age not valid') { Integer(one('six', '4,5', '')) },
  caught('timetable not read') { JSON.parse(one('{"a":', 'nope', '[1,')) },
  caught('list not opened') { File.read("/srv/lessons/#{up_to(99)}.csv") },
  caught('level not known') { { red: 1 }.fetch(:black) },
  caught('mail not sent') { TCPSocket.new('127.0.0.1', 2 + up_to(7)) },
  caught('slow office') { Timeout.timeout(0.02) { sleep } },
  caught('wrong number of children') { assign },
  caught('frozen list changed') { [1].freeze << up_to(9) },
  caught('date not valid') { Time.parse('no day') },
  caught('types mixed') { 'group ' + up_to(9) },
  caught('driver missing') { require 'lessons/slope' },
  caught('queue is stuck') { Fiber.new {}.tap(&:resume).resume },
  -> { entry('error', one('failed to send mail to parent: mailbox full', 'cannot connect to redis: Connection refused', "payment #{up_to(900)} failed: card declined")) },
  -> { entry('error', "upload of photos failed after #{up_to(90)} s: timeout") },
  -> { entry('error', "import failed, rejected rows:\n    row 3: no age\n    row #{up_to(90)}: unknown level\n    row 71: booked twice") },
  -> { entry('fatal', 'database is gone, no lesson can be booked') },
  lambda do
    thread = Thread.new { assign(up_to(30)) }
    thread.report_on_exception = true
    begin
      thread.join
    rescue InstructorMissing
      nil
    end
  end
].freeze
DEATHS = [
  -> { raise LessonError, 'school has no snow' },
  -> { book('yeti') },
  -> { nil.instructors },
  -> { File.open('/srv/lessons/config.yml') },
  -> { deep(0) },
  -> { require 'lessons/weather' },
  -> { abort "fatal: cannot load the timetable of week #{up_to(52)}" },
  -> { Float('warm') },
  -> { raise NotImplementedError, 'snowboards' }
].freeze

jobs = (KINDS + KINDS + DEATHS).shuffle(random: Random.new(SEED))
entry('info', 'ski school started')
(START...jobs.size).each do |i|
  File.write(STATE, i.to_s)
  ordinary
  $stderr.puts "\2"
  jobs[i].call
  $stderr.puts "\3"
end
ordinary
File.write(STATE, 'done')
