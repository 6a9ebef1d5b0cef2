# frozen_string_literal: true

# Video transcoding: it takes clips in, cuts and encodes them, publishes them, and fails in the ways such a worker fails.
require 'json'
require 'logger'
require 'net/http'
require 'securerandom'
require 'socket'
require 'timeout'
require 'time'
require 'date'
require 'yaml'

WAY, seed, start, STATE = ARGV
SEED = Integer(seed)
$stdout.sync = $stderr.sync = true
$chance = Random.new(SEED)

CLIPS = ['harbour_4k.mov', 'interview-Björk.mp4', '纪录片_03.mkv', 'news 2026-11-27.mxf', 'trailer_v2.mp4', 'concert.ts'].freeze
LINES = ['encoder {o} does not answer, taken out of the pool', 'could not read {c}: moov atom not found', 'Failed to publish {c}: 507 Insufficient Storage',
         'connection to storage 10.5.0.{o}:9000 refused, gave up after 3 attempts', 'invalid frame rate in {c}', '视频 {n} 转码失败', 'disk of scratch {o} is full, job {n} dropped'].freeze
MULTI = ["profile {n} rejected:\n  - audio: unknown codec\n  - video: height is not even", "check of {c} failed\n  frame {n}: black\n  frame {n}: frozen"].freeze
TOLD = ['could not transcode {c}', 'job {n} failed', 'Error while cutting {c}', 'unexpected error, job {n} requeued', '处理 {c} 时出错'].freeze
WORK = ['job {n} taken: {c}', '{c} encoded in {o} s', 'thumbnail {n} written', 'checked {c}: 0 errors', 'storage answered at attempt 2', 'GET /clips/{n}/exceptions 200',
        'no error found in {c}', 'queue empty, failed=0 done={n}', '{c} 已发布', 'published {c}, {o} renditions', 'rescued 0 jobs of the last run'].freeze
WARNED = ['scratch {o} is {o}% full', '{c} has no subtitles', 'encoder {o} is slow: {n} ms'].freeze

def pick(of) = of[$chance.rand(of.size)]
def number(from, to) = $chance.rand(from..to)
def filled(text) = text.gsub(/\{(\w)\}/) { { 'c' => pick(CLIPS), 'n' => number(1000, 99_999), 'o' => number(2, 90) }[Regexp.last_match(1)].to_s }

module Transcode
  class Error < StandardError; end
  class ProbeError < Error; end

  class EncodeError < Error
    def initialize(clip, code) = super("encoder exited with #{code} on #{clip}")
  end

  class Clip
    attr_reader :meta

    def initialize(meta = nil) = @meta = meta
    def height = meta[:height] * 2
    def probe = raise(ProbeError, "cannot probe #{pick(CLIPS)}: no streams")
    def cut(from, to) = [from, to].each { |at| seconds(at) }
    def seconds(text) = Integer(text)
  end

  class Job
    def initialize(clip = Clip.new) = @clip = clip

    def run
      @clip.probe
    rescue ProbeError
      raise EncodeError.new(pick(CLIPS), number(1, 255))
    end

    def publish
      run
    rescue EncodeError => e
      raise Error, "job #{number(1000, 9999)} not published (#{e.class})"
    end
  end
end

# what it does

DOES = {
  probe: -> { Transcode::Clip.new.probe },
  height: -> { Transcode::Clip.new.height },
  job: -> { Transcode::Job.new.run },
  publish: -> { Transcode::Job.new.publish },
  cut: -> { Transcode::Clip.new.cut('00', "#{number(1, 9)}s") },
  undefined: -> { Transcode::Job.new.cancel },
  name: -> { presets_of(number(1, 9)) },
  constant: -> { Transcode::Preset.new },
  divide: -> { number(10, 90) / [].size },
  key: -> { { width: 1920 }.fetch(:height) },
  frozen: -> { CLIPS << 'late.mp4' },
  argument: -> { Transcode::Clip.new.cut(1) },
  type: -> { 'frame ' + number(1, 9) },
  json: -> { JSON.parse("{\"clip\": #{number(1, 99)}, ") },
  file: -> { File.read("/srv/clips/#{number(100, 999)}.edl") },
  connect: -> { TCPSocket.new('127.0.0.1', 9) },
  http: -> { Net::HTTP.get(URI('http://127.0.0.1:9/clips')) },
  timeout: -> { Timeout.timeout(0.01) { sleep } },
  date: -> { Date.parse("2026-13-#{number(40, 90)}") },
  yaml: -> { YAML.safe_load("profile:\n  - h264\n bitrate: #{number(1, 9)}") },
  encoding: -> { "caf\xE9".encode('UTF-16') },
  several: -> { raise Transcode::Error, filled("profile {n} is not usable:\n  audio: unknown codec\n  video: height is not even") },
  chinese: -> { raise Transcode::Error, filled('片段 {c} 损坏，无法解码第 {n} 帧') },
  load: -> { require 'transcode/gpu' },
  index: -> { [1, 2].fetch(number(3, 9)) },
  deep: -> { nest(number(5, 25)) }
}.freeze

def nest(depth) = depth.zero? ? Transcode::Clip.new.probe : nest(depth - 1)
def endless(depth) = endless(depth + 1) + 1

DEATHS = DOES.keys - %i[type argument date encoding index frozen name http timeout cut]

# how it is logged

def quoted(text) = text.match?(/[\s"=]/) ? text.to_json : text
SHOWN = { 'INFO' => 'I', 'WARN' => 'W', 'ERROR' => 'E', 'FATAL' => 'F' }.freeze
LOG = Logger.new($stderr, progname: WAY == 'default' ? 'transcode' : nil)
case WAY
when 'short'
  LOG.formatter = proc { |level, time, _, text| "[#{time.strftime('%Y-%m-%d %H:%M:%S')}] #{level} -- #{text}\n" }
when 'sidekiq'
  LOG.formatter = proc do |level, time, _, text|
    "#{time.utc.iso8601(3)} pid=#{Process.pid} tid=#{Thread.current.object_id.to_s(36)} class=TranscodeJob jid=#{$chance.bytes(12).unpack1('H*')} #{level}: #{text}\n"
  end
when 'journal'
  LOG.formatter = proc { |level, _, _, text| "#{SHOWN[level]}, #{level}: #{text}\n" }
end

def told(level, text, error = nil)
  case WAY
  when 'stderr'
    warn "#{'ERROR: ' if level == 'ERROR'}#{text}" if error.nil? || $chance.rand < 0.5
    warn error.full_message(highlight: false) if error
  when 'json'
    line = { time: Time.now.utc.iso8601(3), level: level.downcase, app: 'transcode', msg: text }
    line[:exception] = { class: error.class.name, message: error.message, backtrace: error.backtrace } if error
    line[:error] = nil if error.nil? && level == 'INFO' && $chance.rand < 0.3
    puts line.to_json
  else
    severity = Logger.const_get(level)
    if error.nil? then LOG.add(severity, text)
    elsif $chance.rand < 0.3 then LOG.add(severity, error)
    elsif $chance.rand < 0.5 then LOG.add(severity, "#{text}: #{error.message} (#{error.class})\n#{error.backtrace.join("\n")}")
    else LOG.add(severity, "#{text}\n#{error.full_message(highlight: false, order: :top)}")
    end
  end
end

def work
  number(2, 4).times do
    if $chance.rand < 0.1 && WAY != 'stderr' then told('WARN', filled(pick(WARNED)))
    else told('INFO', filled(pick(WORK)))
    end
  end
end

def jobs
  all = DOES.keys.map { |x| [:raised, x] } + DEATHS.map { |x| [:die, x] } + [[:line]] * 6 + [[:lines]] * 2 + [[:exit], [:endless], [:thread]]
  all.shuffle(random: Random.new(SEED))
end

jobs.each_with_index do |(how, what), i|
  next if i < Integer(start)

  $chance = Random.new((SEED * 1000) + i)
  File.write(STATE, i.to_s)
  work
  warn "\2"
  case how
  when :line then told($chance.rand < 0.8 || WAY == 'stderr' ? 'ERROR' : 'FATAL', filled(pick(LINES)))
  when :lines then told('ERROR', filled(pick(MULTI)))
  when :die then DOES[what].call
  when :exit then abort filled('transcode: fatal error: cannot lock /run/transcode.{o}.pid: Resource temporarily unavailable')
  when :endless then endless(0)
  when :thread
    thread = Thread.new { Transcode::Clip.new.height }
    thread.join rescue nil
  else
    begin
      DOES[what].call
    rescue StandardError, ScriptError => e
      told('ERROR', filled(pick(TOLD)), e)
    end
  end
  warn "\3"
end
work
File.write(STATE, 'done')
