# Sweeps old files of a server: puts, warn and what Ruby itself prints.
require_relative 'marks'
require 'fileutils'
require 'json'
require 'timeout'

class Sweep
  Error = Class.new(StandardError)

  def initialize(root) = @root = root

  def old(path) = File.stat(path).mtime

  def self.failures
    sweep = new('/srv/none')
    {
      stat: -> { sweep.old('/srv/none/a.tmp') },
      remove: -> { FileUtils.rm('/srv/none/b.tmp') },
      entries: -> { Dir.entries('/srv/none') },
      full: -> { File.open('/dev/full', 'w') { |f| f.write('x' * 100_000) } },
      own: -> { raise Error, "quota of user 4 is unknown\n(see /etc/sweep.conf)" },
      require: -> { require 'sweep/plugins' },
      undefined: -> { sweep.tidy },
      wrapped: lambda {
        begin
          Dir.chdir('/srv/none')
        rescue SystemCallError
          raise Error, 'no root'
        end
      },
      throw: -> { throw :done },
      recursion: -> { deep(1) },
      local: -> { Comparable.instance_method(:clamp).bind_call(3, 5, 1) },
      fiber: -> { Fiber.new { 1 }.tap(&:resume).resume },
      ractor: -> { Process.kill(0, 99_999_999) },
      interrupt: -> { Timeout.timeout(0.01) { loop { nil } } },
      exit: -> { `/usr/bin/no-such-tool --version` },
    }
  end
end

def deep(level) = level > 9 ? raise(SystemStackError, 'too many links') : deep(level + 1)

healthy = lambda do
  n = Marks.chance(9000)
  puts Marks.pick(
    "removed #{n} files", "sweep: #{n} kB freed, 0 errors", 'sweep: nothing failed', "kept error-#{n}.log",
    'Warning: clock jumped', "retry of #{n}.tmp worked", 'plugin exception_report loaded', "next run at 0#{n % 10}:00"
  )
end
failures = Sweep.failures

if ARGV[0] == 'fall'
  4.times { healthy.call }
  Marks.begin!
  abort 'sweep: configuration is empty' if ARGV[1] == 'told'
  failures[ARGV[1].to_sym].call
end
Marks.shuffled(failures, 2).each do |name|
  (1 + Marks.chance(5)).times { healthy.call }
  begin
    failures[name].call
  rescue Exception => e
    Marks.failure do
      Marks.pick(
        -> { warn e.full_message(highlight: false, order: :top) }, -> { warn "ERROR: #{e.message}" },
        -> { warn "sweep: #{name} failed: #{e.class}: #{e.message}" },
        lambda {
          Thread.new { raise e }.join rescue nil
        }
      ).call
    end
  end
end
