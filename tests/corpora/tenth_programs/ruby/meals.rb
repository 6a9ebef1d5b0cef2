# School meals: ruby meals.rb way seed start state
require 'json'
require 'logger'
require 'socket'
require 'timeout'
require 'date'
require 'set'

WAY, SEED, START, STATE = ARGV[0], ARGV[1].to_i, ARGV[2].to_i, ARGV[3]
CHANCE = Random.new(SEED * 1000 + START)
$stderr.sync = true
LOG = Logger.new($stderr)

class MealError < StandardError; end
class PupilNotFound < MealError; end
Pupil = Struct.new(:name, :form)

def number = CHANCE.rand(2..9000)
def pick(list) = list[CHANCE.rand(list.size)]
def mark(byte) = $stderr.write("#{byte}\n")

if WAY == 'json'
  LOG.formatter = proc do |level, time, _, text|
    message, stack = text.is_a?(Exception) ? [text.message, text.backtrace] : text.split("\n  backtrace: ", 2)
    JSON.generate({ time: time.utc.strftime('%FT%TZ'), level: level, message: message, stack: stack }.compact) + "\n"
  end
elsif WAY == 'bare'
  LOG.formatter = proc do |level, _, _, text|
    head = { 'INFO' => '', 'WARN' => 'Warning: ' }.fetch(level, 'Error: ')
    "#{head}#{text}\n"
  end
end

def say(level, text) = LOG.public_send(level, text)

def work
  (2 + CHANCE.rand(3)).times do
    n = number
    say :info, pick(["pupil #{n} ordered lunch", "menu #{n} published", "GET /menus/#{n} 200 #{n % 40}ms", "kitchen #{n % 9} cooked #{n} meals",
                     "card #{n} charged with 20 euro", "delivery #{n} arrived"])
  end
  return if CHANCE.rand > 0.4

  n = number
  say(*pick([[:info, "import of #{n} pupils: 0 errors"], [:info, "allergens of menu #{n} compared, no error found"], [:info, "GET /help/exceptions/#{n} 200 1ms"],
             [:info, "till answered {\"card\":#{n},\"error\":null}"], [:info, "order #{n} sent on second attempt"], [:warn, "only #{n % 30} portions of soup left"]]))
end

def find(pupil) = raise(PupilNotFound, "pupil #{pupil} not found")
def deep(n) = deep(n + 1)

RAISED = {
  nil_call: -> { [][number].upcase },
  no_method: -> { number.serve },
  no_name: -> { menu_of_tomorrow },
  no_constant: -> { Kitchen::NORTH },
  zero: -> { number / 0 },
  type: -> { number + 'meals' },
  text: -> { "meals: " + number },
  integer: -> { Integer("#{number} euro") },
  float: -> { Float('4,50') },
  key: -> { { soup: 1 }.fetch("menu#{number}".to_sym) },
  index: -> { [1, 2].fetch(number) },
  arguments: -> { find },
  frozen: -> { 'soup'.freeze << 'salad' },
  no_file: -> { File.read("/srv/meals/menu-#{number}.yml") },
  no_folder: -> { Dir.children("/srv/meals/week-#{number}") },
  no_library: -> { require "meals/tariff#{number}" },
  refused: -> { TCPSocket.new('127.0.0.1', 9) },
  timeout: -> { Timeout.timeout(0.01) { sleep 2 } },
  json: -> { JSON.parse("{\"meal\": #{number}, ") },
  date: -> { Date.parse('no day') },
  own: -> { find(number) },
  recursion: -> { deep(0) },
  iteration: -> { h = { 1 => 2 }; h.each { h[number + 5] = 1 } },
  stop: -> { [].each.next },
  encoding: -> { "br\xF6tchen".encode('UTF-16') },
  range: -> { [1] * -number },
  regexp: -> { Regexp.new('(soup') },
  closed: -> { r, w = IO.pipe; r.close; w.write('meal') },
  argument: -> { Pupil.new('a', 'b', 'c') },
  no_match: -> { meal = { meal: number }; meal => { drink: } },
  fiber: -> { f = Fiber.new { 1 }; 2.times { f.resume } },
  lines: -> { raise MealError, "order #{number} is not valid:\n  - no pupil\n  - date is a Sunday" },
  caused: -> { begin; Integer("#{number} euro"); rescue ArgumentError; raise MealError, "card #{number} cannot be charged"; end }
}
RAISED[:caused_twice] = -> { begin; RAISED[:caused].call; rescue MealError; raise 'day cannot be closed'; end }

def logged(job)
  job.call
rescue Exception => e
  head = pick(["order #{number} failed", "Unhandled exception in job #{number}", "could not serve pupil #{number}", "Error during import #{number}"])
  if WAY == 'bare' then $stderr.puts e.full_message(highlight: false)
  elsif WAY == 'json' then LOG.error("#{head}: #{e.class}: #{e.message}\n  backtrace: #{e.backtrace.first(40).join("\n")}")
  else
    case e.is_a?(SystemStackError) ? 1 : CHANCE.rand(4)
    when 0 then LOG.error(e)
    when 1 then LOG.error("#{head}: #{e.message} (#{e.class})\n#{e.backtrace.first(30).join("\n")}")
    when 2 then LOG.error("#{head}: #{e.full_message(highlight: false)}")
    else LOG.fatal("#{e.class}: #{e.message}\n  #{e.backtrace.first(30).join("\n  ")}")
    end
  end
end

def plain
  n = number
  LOG.error(pick(["could not print menu #{n}: printer offline", "payment with card #{n} failed: no credit", "login failed for cook#{n}",
                  "till #{n % 9} timed out after #{n} ms", "order #{n} rejected: kitchen is closed", "failed to send mail to parents of #{n}: mailbox full"]))
end

def lines
  n = number
  LOG.error(pick(["2 kitchens failed:\n  north: no gas\n  #{n % 9}: no water", "import of list #{n} failed:\n  row 2: no name\n  row #{n}: unknown form"]))
end

def threaded
  thread = Thread.new { find(number) }
  begin
    thread.join
  rescue MealError
    nil
  end
end

jobs = RAISED.values.map { |job| -> { logged(job) } }
jobs += [method(:plain)] * 7 + [method(:lines)] * 4 + [method(:threaded)] * 2
jobs += RAISED.values_at(:nil_call, :own, :caused, :caused_twice, :no_file, :key, :no_library)
jobs << -> { abort "meals: fatal: cannot open /srv/meals/cards-#{number}.db" }
jobs.shuffle!(random: Random.new(SEED))
say :info, 'meals started'
(START...jobs.size).each do |i|
  File.write(STATE, i.to_s)
  work
  mark "\2"
  jobs[i].call
  mark "\3"
end
work
say :info, 'meals stopped'
File.write(STATE, 'done')
