# A front desk on the web: Sinatra below Rack's common log, errors as Sinatra dumps them.
require_relative 'marks'
require 'sinatra/base'
require 'rack/mock'
require 'logger'
require 'net/http'
require 'json'
require 'sequel'

DB = Sequel.sqlite
DB.create_table(:guests) { primary_key :id; String :name, null: false }

class RoomTaken < StandardError; end

class Desk < Sinatra::Base
  set :environment, :production
  set :logging, true
  set :raise_errors, false
  set :show_exceptions, false
  set :dump_errors, true

  FAILURES = {
    nil: -> { nil.upcase },
    name: -> { gest },
    key: -> { { room: 1 }.fetch(:floor) },
    json: -> { JSON.parse('{"room": ]') },
    taken: -> { raise RoomTaken, 'room 12 is taken until 2026-12-01' },
    zero: -> { 7 / 0 },
    refused: -> { Net::HTTP.get(URI('http://127.0.0.1:9/doors')) },
    file: -> { File.read('/srv/desk/keys.yml') },
    null: -> { DB[:guests].insert(name: nil) },
    table: -> { DB[:rooms].all },
    integer: -> { Integer('4a') },
    frozen: -> { 'key'.freeze << 'x' },
    arguments: -> { [].first(1, 2) },
    cause: lambda {
      begin
        Float('one')
      rescue ArgumentError
        raise RoomTaken, 'price is unknown'
      end
    },
  }.freeze

  get('/') { 'ok' }
  get('/fail/:what') { FAILURES[params[:what].to_sym].call.to_s }
  get('/log') { logger.info "guest #{rand(1)} came"; 'ok' }
end

app = Rack::CommonLogger.new(Desk.new, $stderr)
log = Logger.new($stderr, progname: 'desk')
log.formatter = proc { |level, time, name, text| "#{time.strftime('%F %T')} #{level.ljust(5)} #{name}: #{text}\n" }
ask = ->(path) { app.call(Rack::MockRequest.env_for(path, 'REMOTE_ADDR' => '10.1.0.4', 'rack.errors' => $stderr)) }

healthy = lambda do
  n = Marks.chance(9000)
  Marks.pick(
    -> { ask['/'] }, -> { ask['/error.css'] }, -> { log.info("guest #{n} checked in") },
    -> { log.debug('0 errors in doors') }, -> { log.warn("guest #{n} has no passport yet") },
    -> { log.info("door #{n} opened at second try") }, -> { log.info("note: 'exception to rule 4' for room #{n}") },
    -> { log.warn('key printer failed once, retrying') }
  ).call
end

Marks.shuffled(Desk::FAILURES, 2).each do |name|
  Marks.chance(6).times { healthy.call }
  if Marks.chance(3).positive?
    Marks.failure { ask["/fail/#{name}"]; sleep 0.01 }
  else
    begin
      Desk::FAILURES[name].call
    rescue StandardError => e
      Marks.failure do
        Marks.pick(-> { log.error(e.full_message(highlight: false)) }, -> { log.error("guest not stored: #{e.message}") },
                   -> { log.fatal("#{e.class}: #{e.message}\n  #{e.backtrace.join("\n  ")}") }).call
      end
    end
  end
end
