# Imports members of a club: Ruby's logger with exceptions, ActiveRecord, threads.
require_relative 'marks'
require 'logger'
require 'active_record'
require 'yaml'
require 'nokogiri'
require 'socket'
require 'openssl'
require 'bigdecimal'

LOG = Logger.new($stdout)
ActiveRecord::Base.establish_connection(adapter: 'sqlite3', database: ':memory:')
ActiveRecord::Migration.verbose = false
ActiveRecord::Schema.define do
  create_table(:members) { |t| t.string :name, null: false; t.string :mail; t.index :mail, unique: true }
end

class Member < ActiveRecord::Base
  validates :name, presence: true, length: { maximum: 20 }
end
Member.create!(name: 'Ada', mail: 'a@example.org')

FAILURES = {
  invalid: -> { Member.create!(name: '') },
  unique: -> { Member.new(name: 'Bo', mail: 'a@example.org').save!(validate: false) },
  missing: -> { Member.find(404) },
  column: -> { Member.where('fee > 3').to_a },
  attribute: -> { Member.new(fee: 3) },
  yaml: -> { YAML.safe_load("members:\n\t- Ada") },
  psych: -> { YAML.safe_load('--- !ruby/object:Object {}') },
  xml: -> { Nokogiri::XML('<a><b></a>') { |c| c.strict } },
  connect: -> { TCPSocket.new('127.0.0.1', 9) },
  host: -> { TCPSocket.new('ldap.invalid', 389) },
  tls: -> { OpenSSL::X509::Certificate.new('nothing') },
  number: -> { BigDecimal('4,5') },
  file: -> { File.rename('/srv/club/in.csv', '/srv/club/done.csv') },
  denied: -> { Dir.mkdir('/proc/club') },
  method: -> { Member.first.resign! },
  cause: lambda {
    begin
      Member.find(0)
    rescue ActiveRecord::RecordNotFound
      raise 'import of line 17 failed'
    end
  },
  local: -> { eval('def (') },
  stack: -> { down = ->(n) { n > 12 ? raise(NotImplementedError, 'trial membership') : down.call(n + 1) }; down.call(0) },
}.freeze

healthy = lambda do
  n = Marks.chance(9000)
  Marks.pick(
    -> { LOG.info("member #{n} imported") }, -> { LOG.info('import') { "#{n} lines, 0 errors" } },
    -> { LOG.debug('TRANSACTION (0.1ms)  rollback transaction') }, -> { LOG.warn("member #{n} has no mail") },
    -> { LOG.info("line #{n}: retried, ok") }, -> { LOG.debug("skip 'on_error: ignore'") }, -> { LOG.unknown('---') },
    -> { LOG.warn('lock is held, waiting') }
  ).call
end

if ARGV[0] == 'fall'
  4.times { healthy.call }
  Marks.begin!
  FAILURES[ARGV[1].to_sym].call
end
Marks.shuffled(FAILURES, 2).each do |name|
  Marks.chance(6).times { healthy.call }
  if Marks.chance(5).zero?
    Marks.failure do
      thread = Thread.new { FAILURES[name].call }
      begin
        thread.join
      rescue Exception # told by the thread itself
        nil
      end
    end
    next
  end
  begin
    FAILURES[name].call
  rescue StandardError, ScriptError => e
    Marks.failure do
      Marks.pick(
        -> { LOG.error(e) }, -> { LOG.error("line #{Marks.chance(99)} not imported: #{e.message}") },
        -> { LOG.fatal('import') { e } }, -> { LOG.error("#{e.class}: #{e.message}\n\t#{e.backtrace.first(6).join("\n\t")}") }
      ).call
    end
  end
end
