# Events of a theatre: the logging gem, and ActiveSupport's tagged logger in production's layout.
require_relative 'marks'
require 'active_support'
require 'active_support/tagged_logging'
require 'active_support/logger'
require 'logging'
require 'concurrent'
require 'securerandom'

WAY = ARGV[0]
if WAY == 'tagged'
  LOG = ActiveSupport::TaggedLogging.new(ActiveSupport::Logger.new($stdout))
  LOG.formatter = Logger::Formatter.new.extend(ActiveSupport::TaggedLogging::Formatter)
else
  Logging.appenders.stdout('stdout', layout: Logging.layouts.pattern(pattern: "[%d] %-5l -- %c : %m\n", date_pattern: '%Y-%m-%d %H:%M:%S'))
  Logging.logger.root.appenders = 'stdout'
  LOG = Logging.logger['Theatre::Box']
end

class SoldOut < RuntimeError; end

FAILURES = {
  sold: -> { raise SoldOut, 'row 4 is sold out' },
  future: -> { Concurrent::Promises.future { 1 / 0 }.value! },
  delay: -> { Concurrent::Delay.new { raise SoldOut, 'balcony' }.value! },
  executor: -> { Concurrent::FixedThreadPool.new(1).tap(&:shutdown).then { |p| Concurrent::Future.execute(executor: p) { 1 }; raise Concurrent::RejectedExecutionError, 'box office is closed' } },
  struct: -> { Struct.new(:row).new(1, 2) },
  splat: -> { ->(a, b) { a }.call(1) },
  pattern: -> { { seat: 4 } => { row: Integer } },
  float: -> { Integer(Float::NAN) },
  dig: -> { { a: 1 }.dig(:a, :b) },
  private: -> { Object.new.puts('x') },
  sort: -> { [1, 'a'].sort },
  time: -> { Time.at('noon') },
  compat: -> { "gr\u00fc\u00df".encode('ISO-8859-2', 'UTF-8') + "\xff".b.force_encoding('UTF-8').encode('ASCII') },
}.freeze

healthy = lambda do
  n = Marks.chance(9000)
  Marks.pick(
    -> { LOG.info("Started GET \"/events/#{n}\" for 10.0.0.#{n % 250}") }, -> { LOG.info("Completed 200 OK in #{n % 300}ms") },
    -> { LOG.debug('Cache read: errors/404 (0.1ms)') }, -> { LOG.warn("seat #{n} is held for long") },
    -> { LOG.info("payment #{n} succeeded after failure") }, -> { LOG.info('play: "The Error" has 0 cancellations') }
  ).call
end

Marks.shuffled(FAILURES, 2).each do |name|
  tag = SecureRandom.hex(4)
  tell = lambda do
    Marks.chance(6).times { healthy.call }
    FAILURES[name].call
  rescue StandardError, NoMatchingPatternError => e
    Marks.failure do
      Marks.pick(
        -> { LOG.error(e) }, -> { LOG.error("ticket not sold: #{e.message}") },
        -> { LOG.fatal("#{e.class} (#{e.message}):\n  \n#{e.backtrace.first(5).join("\n")}") },
        -> { LOG.error("Unhandled exception\n#{e.full_message(highlight: false)}") }
      ).call
    end
  end
  WAY == 'tagged' ? LOG.tagged(tag) { tell.call } : tell.call
end
