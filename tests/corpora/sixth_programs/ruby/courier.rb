# Work for couriers, told by Sidekiq's logger.
require_relative 'marks'
require 'sidekiq'
require 'redis'
require 'open3'
require 'zlib'
require 'csv'
require 'date'

class Undeliverable < StandardError
  def initialize(id) = super("parcel #{id} came back")
end

LOG = Sidekiq.logger
LOG.level = Logger::DEBUG

FAILURES = {
  back: -> { raise Undeliverable, 17 },
  redis: -> { Redis.new(port: 9, reconnect_attempts: 0).get('couriers') },
  csv: -> { CSV.parse(%(a,"b\n1)) },
  date: -> { Date.parse('soon') },
  zlib: -> { Zlib::Inflate.inflate('plain') },
  exec: -> { Open3.capture2('/usr/bin/route-planner') },
  timeout: -> { Timeout.timeout(0.01) { sleep 1 } },
  encoding: -> { "caf\xE9".encode('UTF-16') },
  type: -> { '3' + 4 },
  index: -> { [1].fetch(9) },
  stop: -> { [].each.next },
  range: -> { [1, 2].first(-1) },
  regexp: -> { Regexp.new('(open') },
  constant: -> { Object.const_get(:Bicycle) },
}.freeze

healthy = lambda do
  n = Marks.chance(9000)
  Marks.pick(
    -> { LOG.info("start") }, -> { LOG.info("done: #{n} ms") }, -> { LOG.info("parcel #{n} delivered, 0 failed") },
    -> { LOG.debug("next error check in #{n} s") }, -> { LOG.warn("courier #{n % 30} is late") },
    -> { LOG.info("retry 1 of parcel #{n} succeeded") }, -> { LOG.debug('Client Middleware: exception_notifier') }
  ).call
end

Marks.shuffled(FAILURES, 2).each do |name|
  Marks.chance(6).times { healthy.call }
  begin
    FAILURES[name].call
  rescue StandardError, StopIteration => e
    Marks.failure do
      Marks.pick(
        -> { LOG.error("parcel #{Marks.chance(99)} not delivered: #{e.message}") },
        -> { LOG.error("#{e.class.name}: #{e.message}\n#{e.backtrace.join("\n")}") },
        -> { LOG.fatal(e.full_message(highlight: false, order: :top)) },
        -> { LOG.error { "Kurier #{Marks.chance(40)} meldet: #{e.inspect}" } }
      ).call
    end
  end
end
