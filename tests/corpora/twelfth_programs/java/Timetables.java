package com.example.timetables;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A worker that imports timetables, plans duties of vehicles and publishes what has changed.
 *
 * Logback, Log4j 2 and java.util.logging are the real ones; "boot" is Logback in the layout of Spring Boot, and "json"
 * has the fields of the Logstash encoder.
 */
public final class Timetables {
    private static final int JOBS = 40;

    interface Log {
        void debug(String text);

        void info(String text);

        void warn(String text);

        void error(String text, Throwable error);
    }

    static final class Logback implements Log {
        private final org.slf4j.Logger real = org.slf4j.LoggerFactory.getLogger("com.example.timetables.ImportWorker");

        Logback(String pattern) {
            var context = (ch.qos.logback.classic.LoggerContext) org.slf4j.LoggerFactory.getILoggerFactory();
            context.reset();
            var layout = new ch.qos.logback.classic.encoder.PatternLayoutEncoder();
            layout.setContext(context);
            layout.setPattern(pattern);
            layout.start();
            var appender = new ch.qos.logback.core.ConsoleAppender<ch.qos.logback.classic.spi.ILoggingEvent>();
            appender.setContext(context);
            appender.setEncoder(layout);
            appender.start();
            context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(appender);
        }

        public void debug(String text) { real.debug(text); }

        public void info(String text) { real.info(text); }

        public void warn(String text) { real.warn(text); }

        public void error(String text, Throwable error) { real.error(text, error); }
    }

    static final class Log4j implements Log {
        private final org.apache.logging.log4j.Logger real;

        Log4j() {
            var builder = org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory.newConfigurationBuilder();
            builder.add(builder.newAppender("out", "Console").add(
                builder.newLayout("PatternLayout").addAttribute("pattern", "%d{ISO8601} %-5p [%t] %c{1} - %m%n%xEx")));
            builder.add(builder.newRootLogger(org.apache.logging.log4j.Level.DEBUG).add(builder.newAppenderRef("out")));
            org.apache.logging.log4j.core.config.Configurator.initialize(builder.build());
            real = org.apache.logging.log4j.LogManager.getLogger("com.example.timetables.ImportWorker");
        }

        public void debug(String text) { real.debug(text); }

        public void info(String text) { real.info(text); }

        public void warn(String text) { real.warn(text); }

        public void error(String text, Throwable error) { real.error(text, error); }
    }

    static final class Jul implements Log {
        private final java.util.logging.Logger real = java.util.logging.Logger.getLogger("com.example.timetables");

        private void log(java.util.logging.Level level, String text, Throwable error) {
            real.logp(level, "com.example.timetables.ImportWorker", "run", text, error);
        }

        public void debug(String text) { log(java.util.logging.Level.INFO, text, null); }

        public void info(String text) { log(java.util.logging.Level.INFO, text, null); }

        public void warn(String text) { log(java.util.logging.Level.WARNING, text, null); }

        public void error(String text, Throwable error) { log(java.util.logging.Level.SEVERE, text, error); }
    }

    static final class Json implements Log {
        private static final java.time.format.DateTimeFormatter STAMP =
            java.time.format.DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX");

        private void log(String level, int value, String text, Throwable error) {
            var line = new StringBuilder("{\"@timestamp\":\"").append(STAMP.format(java.time.OffsetDateTime.now()));
            line.append("\",\"@version\":\"1\",\"message\":").append(quoted(text));
            line.append(",\"logger_name\":\"com.example.timetables.ImportWorker\",\"thread_name\":\"main\",\"level\":\"");
            line.append(level).append("\",\"level_value\":").append(value);
            if (error != null) {
                var trace = new java.io.StringWriter();
                error.printStackTrace(new java.io.PrintWriter(trace));
                line.append(",\"stack_trace\":").append(quoted(trace.toString()));
            }
            System.out.println(line.append("}"));
        }

        private static String quoted(String text) {
            return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t") + '"';
        }

        public void debug(String text) { log("DEBUG", 10000, text, null); }

        public void info(String text) { log("INFO", 20000, text, null); }

        public void warn(String text) { log("WARN", 30000, text, null); }

        public void error(String text, Throwable error) { log("ERROR", 40000, text, error); }
    }

    static final class Bare implements Log {
        public void debug(String text) { System.out.println(text); }

        public void info(String text) { System.out.println(text); }

        public void warn(String text) { System.out.println("Warning: " + text); }

        public void error(String text, Throwable error) {
            System.err.println("ERROR: " + text);
            if (error != null) {
                error.printStackTrace();
            }
        }
    }

    static class ImportException extends Exception {
        ImportException(String message, Throwable cause) { super(message, cause); }
    }

    static class DutyConflictException extends RuntimeException {
        DutyConflictException(String message) { super(message); }
    }

    record Trip(String line, String headsign, LocalTime departs) {}

    private final Log log;
    private final Random chance;

    Timetables(Log log, Random chance) {
        this.log = log;
        this.chance = chance;
    }

    private <T> T pick(List<T> from) { return from.get(chance.nextInt(from.size())); }

    private int between(int low, int high) { return low + chance.nextInt(high - low + 1); }

    private String line() { return pick(List.of("4", "11", "17", "23E", "N2", "T1", "T6")); }

    private void work() {
        for (int i = between(2, 4); i > 0; i--) {
            switch (between(0, 9)) {
                case 0, 1, 2 -> log.info("Imported " + between(20, 900) + " trips of line " + line());
                case 3, 4 -> log.info("Duty roster for line " + line() + " has " + between(4, 60) + " duties");
                case 5 -> log.debug("Calendar cache hit, " + between(1, 90) + " service days");
                case 6, 7 -> log.info("Published timetable version " + between(1000, 9999) + " to " + between(3, 80) + " stops");
                case 8 -> log.debug("Waiting for the next file in /srv/import");
                default -> log.warn("Import of line " + line() + " took " + between(11, 60) + " s");
            }
        }
    }

    private LocalTime parse(String text) { return LocalTime.parse(text); }

    private String headsign(Trip trip) { return trip.headsign().trim(); }

    private int plan(List<Trip> trips, int depth) {
        if (depth > 0) {
            return plan(trips.subList(0, trips.size() / 2), depth - 1);
        }
        return trips.get(trips.size() + between(0, 3)).departs().getHour();
    }

    private void read(String line) throws ImportException {
        try {
            Files.readAllLines(Path.of("/srv/import/" + line + "-" + between(100, 999) + ".csv"));
        } catch (NoSuchFileException error) {
            throw new ImportException("cannot import line " + line, error);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private void assign() {
        throw new DutyConflictException("vehicle " + between(1001, 4999) + " has two duties at " + between(4, 23) + ":00");
    }

    private void parallel() throws ExecutionException, InterruptedException {
        CompletableFuture.supplyAsync(() -> Integer.parseInt(pick(List.of("12a", "", "4,5")))).get();
    }

    private void fail() throws Exception {
        switch (between(0, 8)) {
            case 0 -> parse(pick(List.of("25:10", "7:5", "noon")));
            case 1 -> headsign(new Trip(line(), null, LocalTime.NOON));
            case 2 -> plan(new ArrayList<>(List.of(new Trip(line(), "Harbour", LocalTime.NOON))), between(0, 4));
            case 3, 4 -> read(line());
            case 5 -> assign();
            case 6 -> parallel();
            case 7 -> Optional.empty().orElseThrow();
            default -> {
                Map<String, Object> stop = new HashMap<>(Map.of("id", between(100, 999)));
                String id = (String) stop.get("id");
            }
        }
    }

    private void begin() {
        System.out.println("\2");
    }

    private void end() {
        System.out.println("\3");
    }

    private void logged() {
        begin();
        try {
            fail();
        } catch (Exception error) {
            log.error(pick(List.of("Import failed for line ", "Could not publish line ", "Job aborted for line ")) + line(), error);
        }
        end();
    }

    private void oneLine() {
        begin();
        try {
            fail();
        } catch (Exception error) {
            log.error("Skipping file " + between(100, 999) + " of line " + line() + ": " + error, null);
        }
        end();
    }

    private void several() {
        for (int i = between(2, 3); i > 0; i--) {
            begin();
            String why = pick(List.of("connection timed out", "HTTP 500", "display is full"));
            log.error("Stop " + between(100, 999) + " did not take the timetable: " + why, null);
            end();
        }
    }

    private void run(int start, Path state) throws Exception {
        log.info("Timetable worker started");
        for (int job = start; job < JOBS; job++) {
            Files.writeString(state, String.valueOf(job));
            work();
            int kind = between(0, 99);
            if (kind < 46) {
                logged();
            } else if (kind < 72) {
                oneLine();
            } else if (kind < 80) {
                several();
            } else if (kind < 96) {
                begin();
                fail();
            } else {
                begin();
                log.error("Calendar of the year is missing, shutting down", null);
                System.exit(2);
            }
        }
        work();
        Files.writeString(state, "done");
    }

    private static Log log(String way) {
        return switch (way) {
            case "logback" -> new Logback("%d{HH:mm:ss.SSS} [%thread] %-5level %logger{36} - %msg%n");
            case "boot" -> new Logback(
                "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %5p " + ProcessHandle.current().pid()
                    + " --- [%15.15t] %-40.40logger{39} : %m%n%ex");
            case "log4j" -> new Log4j();
            case "jul" -> new Jul();
            case "json" -> new Json();
            default -> new Bare();
        };
    }

    public static void main(String[] words) throws Exception {
        int start = Integer.parseInt(words[2]);
        Random chance = new Random(Long.parseLong(words[1]) * 1000 + start);
        new Timetables(log(words[0]), chance).run(start, Path.of(words[3]));
    }
}
