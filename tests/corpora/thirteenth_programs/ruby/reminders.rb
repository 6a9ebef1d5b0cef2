# frozen_string_literal: true

# Remind the owners of a veterinary hospital's patients of vaccinations.
#
# Ways: Logger as it comes, Rails' tagged logging as in production (ActiveSupport), the gem logging with a pattern, JSON by a formatter
# of Logger, warn with full_message, and for the journal Logger with severity and message alone.
require 'json'
require 'date'
require 'logger'
require 'socket'
require 'time'

WAY, seed, start, STATE = ARGV
SEED = seed.to_i
JOBS = 44
$stdout.sync = $stderr.sync = true

class DeliveryError < StandardError; end
class QueueLost < StandardError; end

def mark(byte) = $stdout.write("#{byte}\n")

def told(error) = "#{error.class}: #{error.message}\n#{error.backtrace.join("\n")}"

def logger
  case WAY
  when 'rails'
    require 'active_support'
    require 'active_support/tagged_logging'
    ActiveSupport::TaggedLogging.new(Logger.new($stdout, formatter: Logger::Formatter.new)).tap { |log| log.push_tags('RemindersJob') }
  when 'logging'
    require 'logging'
    layout = Logging.layouts.pattern(pattern: "[%d] %-5l %c: %m\n", date_pattern: '%Y-%m-%d %H:%M:%S')
    Logging.logger['Reminders'].tap { |log| log.add_appenders(Logging.appenders.stdout(layout: layout)) }
  when 'json'
    Logger.new($stdout, formatter: proc { |level, time, _, text|
      fields = { time: time.utc.iso8601(3), level: level, pid: $$ }
      more = text.is_a?(Exception) ? { message: text.message, error: text.class.name, backtrace: text.backtrace } : { message: text }
      "#{fields.merge(more).to_json}\n"
    })
  when 'journal' then Logger.new($stdout, formatter: proc { |level, _, _, text| "#{level}: #{text.is_a?(Exception) ? told(text) : text}\n" })
  else Logger.new($stdout)
  end
end

LOG = WAY == 'bare' ? nil : logger

def say(level, text, error = nil)
  if LOG.nil?
    %i[error fatal].include?(level) ? warn("ERROR: #{text}") : puts(text)
    warn(error.full_message(highlight: false)) if error
  elsif error && %w[logger json].include?(WAY)
    LOG.public_send(level, error)
  elsif error
    LOG.public_send(level, "#{text}\n#{told(error)}")
  else
    LOG.public_send(level, text)
  end
end

class Job
  def initialize(number)
    @number = number
    @chance = Random.new((SEED * 1000) + number)
    @pet = %w[Biscuit Luna Otto Pepper Miso Rex].sample(random: @chance)
    @vaccine = %w[rabies DHPP FVRCP leptospirosis].sample(random: @chance)
    @id = 10_000 + @chance.rand(89_999)
  end

  def work
    lines = [
      [:info, "Reminder #{@id} for #{@pet} (#{@vaccine}) queued"],
      [:debug, "#{@chance.rand(40)} reminders due today"],
      [:info, "Reminder #{@id} delivered by mail in #{@chance.rand(900)} ms"],
      [:info, "Owner of #{@pet} confirmed #{@vaccine}"],
      [:warn, "Gateway slow, answered after #{2 + @chance.rand(5)} s"],
    ]
    lines.sample(2 + @chance.rand(3), random: @chance).each { |level, text| say(level, text) }
  end

  def connect = TCPSocket.new('127.0.0.1', 9)

  def deliver
    connect
  rescue SystemCallError
    raise DeliveryError, "reminder #{@id} could not be delivered"
  end

  def remind
    deliver
  rescue DeliveryError
    raise QueueLost, "queue for #{@vaccine} is stuck"
  end

  def owner_of = { 'Nala' => 1 }.fetch(@pet)
  def due = Date.parse("2026-13-#{10 + @chance.rand(18)}")
  def parse = JSON.parse("{\"pet\": \"#{@pet}\", }")
  def interval = @chance.rand(300) / 0
  def age = Integer("#{@chance.rand(15)} years")
  def template = File.read("templates/#{@vaccine}.erb")
  def greet = nil.upcase
  def batch = %w[a b].each_slice(2).map { |pair| pair.map { |x| x + @id } }

  def failing
    steps = [[:deliver, "Delivery of #{@id} failed"], [:remind, "Reminder #{@id} failed"], [:owner_of, "Owner of #{@pet} unknown"],
             [:due, "Bad due date of #{@pet}"], [:interval, 'Interval not computed'],
             [:age, "Age of #{@pet} unreadable"], [:template, "Letter for #{@pet} not written"],
             [:batch, "Batch #{@id} failed"], [:connect, 'Gateway not reachable']]
    steps[((@number * 4) + SEED) % steps.size]
  end

  def caught(traced)
    step, text = failing
    send(step)
  rescue StandardError => e
    mark("\2")
    traced ? say(:error, text, e) : say(:error, "#{text}: #{e.message.lines.first.chomp}")
    mark("\3")
  end

  def separate
    ["SMS #{@id} rejected: invalid number", "Postcard for #{@pet} not printed: tray empty",
     "Failed to update #{@id}: 409 Conflict"].sample(2 + @chance.rand(2), random: @chance).each do |text|
      mark("\2")
      say(:error, text)
      mark("\3")
    end
  end

  def in_thread
    mark("\2")
    step, = failing
    thread = Thread.new { send(step) }
    begin
      thread.join
    rescue StandardError
      nil # the thread has reported it
    end
    mark("\3")
  end

  def deeper(level) = deeper(level + 1) + 1

  def run
    work
    case @number % 11
    when 0, 2, 4, 8 then caught(true)
    when 1, 6, 10 then caught(false)
    when 5 then separate
    when 9 then in_thread
    when 7
      mark("\2")
      say(:fatal, "Lost connection to queue #{@vaccine}, exiting")
      exit 1
    else
      step, = failing
      mark("\2")
      @number == 25 ? deeper(0) : send(step)
    end
  end
end

say(:info, "Reminders started, pid #{$$}")
(start.to_i...JOBS).each do |number|
  File.write(STATE, number.to_s)
  Job.new(number).run
end
say(:info, 'All reminders sent')
File.write(STATE, 'done')
