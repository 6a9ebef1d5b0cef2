# A worker that matches what passengers lost with what drivers found.
# Logger is Ruby's own; "rails" is ActiveSupport's tagged logging over Rails' formatter with a process and time before.
require 'json'
require 'logger'
require 'time'

JOBS = 46
WAY, SEED, START, STATE = ARGV
CHANCE = Random.new(SEED.to_i * 1000 + START.to_i)
$stderr.sync = $stdout.sync = true

def pick(list) = list[CHANCE.rand(list.size)]
def between(low, high) = CHANCE.rand(low..high)

class MatchError < StandardError; end

class OfficeClosed < MatchError
  def initialize(office)
    super("office #{office} is closed until #{between(6, 11)}:00")
  end
end

# What prints without a logger.
class Plain
  def debug(text) = warn(text, head: nil)
  alias info debug

  def warn(text, head: 'warning')
    $stderr.puts([head, text].compact.join(': '))
  end

  def error(text) = warn(text, head: 'error')
  def fatal(text) = warn(text, head: 'fatal')
end

def logger
  return Plain.new if %w[bare journal].include?(WAY)

  log = Logger.new($stdout)
  case WAY
  when 'rails'
    require 'active_support'
    require 'active_support/tagged_logging'
    require 'active_support/logger'
    log = ActiveSupport::Logger.new($stdout)
    log.formatter = Logger::Formatter.new
    log = ActiveSupport::TaggedLogging.new(log)
  when 'json'
    log.formatter = proc do |level, time, name, text|
      "#{{ time: time.utc.iso8601(3), level: level, progname: name, message: text }.to_json}\n"
    end
  when 'short'
    log.formatter = proc { |level, time, _, text| "#{time.strftime('%Y-%m-%d %H:%M:%S')} #{level} #{text}\n" }
  end
  log
end

LOG = logger

def tagged(&block)
  WAY == 'rails' ? LOG.tagged("job-#{between(1000, 9999)}", &block) : yield
end

def begin_mark = $stdout.syswrite("\2\n")
def end_mark = $stdout.syswrite("\3\n")

def thing = "#{pick(%w[umbrella phone scarf backpack key wallet])} #{between(100, 9999)}"

def work
  tagged do
    between(2, 4).times do
      case between(0, 10)
      when 0..2 then LOG.info("#{thing} was handed in on line #{pick(%w[4 11 17 T1 N2])}")
      when 3..4 then LOG.info("#{thing} was given back to its owner")
      when 5..6 then LOG.debug("compared #{between(10, 900)} reports in #{between(2, 90)} ms")
      when 7..9 then LOG.info("letter #{between(1000, 9999)} sent to owner")
      else LOG.warn("shelf #{between(1, 60)} is nearly full")
      end
    end
  end
end

class Office
  Item = Struct.new(:kind, :colour, :found)

  def place(item) = item.colour.downcase
  def shelf(number) = { 1 => 'north', 2 => 'south' }.fetch(number)
  def found(text) = Time.parse(text)
  def weight(text) = Integer(text)
  def photo(number) = File.read("/srv/photos/#{number}.jpg")
  def close(name) = raise(OfficeClosed, name)
  def mean(many) = many.sum / (many.size - many.size)

  def search(items, depth)
    return search(items.drop(1), depth - 1) if depth.positive?

    items.map { |item| place(item) }
  end

  def match(item)
    photo(between(100, 999))
  rescue SystemCallError
    raise MatchError, "#{item} cannot be matched"
  end
end

def failure
  office = Office.new
  case between(0, 8)
  when 0 then office.search([Office::Item.new('phone')] * 6, between(0, 4))
  when 1 then office.shelf(between(3, 60))
  when 2 then office.found(pick(['', 'yesterday evening', '31/31']))
  when 3 then office.weight(pick(%w[1,2kg heavy 0x]))
  when 4 then office.close(pick(%w[north south harbour]))
  when 5 then office.mean([1, 2, 3])
  when 6 then office.public_send(pick(%i[stamp burn]))
  else office.match(thing)
  end
end

def told(error)
  "#{error.class}: #{error.message}\n#{error.backtrace.map { |frame| "    #{frame}" }.join("\n")}"
end

def logged
  begin_mark
  begin
    failure
  rescue StandardError => e
    tagged do
      if WAY == 'logger'
        LOG.error(e)
      else
        LOG.error("#{pick(['matching failed', 'could not file report', 'letter not sent'])}: #{told(e)}")
      end
    end
  end
  end_mark
end

def one_line
  begin_mark
  begin
    failure
  rescue StandardError => e
    tagged { LOG.error("#{thing} was put aside: #{e.message.lines.first.chomp} (#{e.class})") }
  end
  end_mark
end

def several
  between(2, 3).times do
    begin_mark
    tagged { LOG.error("letter #{between(1000, 9999)} came back: #{pick(['unknown address', 'refused', 'moved'])}") }
    end_mark
  end
end

def uncaught
  begin_mark
  failure
end

def fatal
  begin_mark
  tagged { LOG.fatal("register of office #{pick(%w[north south harbour])} cannot be opened, stopping") }
  exit 1
end

LOG.info('lost property worker started')
(START.to_i...JOBS).each do |job|
  File.write(STATE, job.to_s)
  work
  case between(0, 99)
  when 0..43 then logged
  when 44..69 then one_line
  when 70..77 then several
  when 78..95 then uncaught
  else fatal
  end
end
work
File.write(STATE, 'done')
