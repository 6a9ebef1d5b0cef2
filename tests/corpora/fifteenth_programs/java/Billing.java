package org.example.water.billing;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;

/** Writes the bills of a water utility from its meter readings. */
public class Billing {
    static final String[] KINDS = {
        "cause", "cause", "cause", "number", "null", "line", "line", "line", "pair", "sql", "sql", "future", "file",
        "date", "reason", "thread", "uncaught", "suppressed", "fatal", "divide",
    };
    static final String[] TARIFFS = {"domestic", "farm", "industrial", "hydrant", "school"};
    static Random chance = new Random();
    static Log log;

    static class BillingException extends RuntimeException {
        BillingException(String message, Throwable cause) { super(message, cause); }
        BillingException(String message) { super(message); }
    }

    static class TariffNotFoundException extends Exception {
        TariffNotFoundException(String message) { super(message); }
    }

    /** What this service logs by, whichever library is behind it. */
    interface Log {
        void at(String level, String text, Throwable error);
        default void debug(String text) { at("DEBUG", text, null); }
        default void info(String text) { at("INFO", text, null); }
        default void warn(String text) { at("WARN", text, null); }
        default void error(String text) { at("ERROR", text, null); }
        default void error(String text, Throwable error) { at("ERROR", text, error); }
    }

    static Log setUp(String way) {
        switch (way) {
            case "log4j": {
                var logger = org.apache.logging.log4j.LogManager.getLogger(Billing.class);
                return (level, text, error) -> logger.log(org.apache.logging.log4j.Level.valueOf(level), text, error);
            }
            case "jul": {
                var logger = java.util.logging.Logger.getLogger(Billing.class.getName());
                var levels = Map.of("DEBUG", "FINE", "INFO", "INFO", "WARN", "WARNING", "ERROR", "SEVERE");
                // named as where the service itself logs, not where it is handed on
                return (level, text, error) -> {
                    String method = StackWalker.getInstance().walk(frames -> frames.map(StackWalker.StackFrame::getMethodName)
                        .filter(x -> List.of("work", "handle", "main").contains(x)).findFirst().get());
                    logger.logp(java.util.logging.Level.parse(levels.get(level)), Billing.class.getName(), method, text, error);
                };
            }
            case "json":
                // the layout of logstash-logback-encoder, which Debian has not
                return (level, text, error) -> {
                    var line = new StringBuilder("{\"@timestamp\":\"" + Instant.now() + "\",\"@version\":\"1\",");
                    line.append("\"message\":" + quoted(text) + ",\"logger_name\":\"" + Billing.class.getName() + "\",");
                    line.append("\"thread_name\":\"" + Thread.currentThread().getName() + "\",\"level\":\"" + level);
                    line.append("\",\"level_value\":" + Map.of("DEBUG", 10000, "INFO", 20000, "WARN", 30000).getOrDefault(level, 40000));
                    if (error != null) {
                        var trace = new StringWriter();
                        error.printStackTrace(new PrintWriter(trace));
                        line.append(",\"stack_trace\":" + quoted(trace.toString()));
                    }
                    System.out.println(line.append("}"));
                };
            default: {
                var logger = org.slf4j.LoggerFactory.getLogger(Billing.class);
                return (level, text, error) -> {
                    switch (level) {
                        case "DEBUG": logger.debug(text); break;
                        case "INFO": logger.info(text); break;
                        case "WARN": logger.warn(text); break;
                        default: logger.error(text, error);
                    }
                };
            }
        }
    }

    static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t") + "\"";
    }

    static void mark(int code) {
        System.out.flush();
        System.err.flush();
        System.out.write(code);
        System.out.write('\n');
        System.out.flush();
    }

    static int between(int low, int high) { return low + chance.nextInt(high - low + 1); }

    @SafeVarargs
    static <T> T pick(T... list) { return list[chance.nextInt(list.length)]; }

    static void work() {
        for (int n = between(2, 4); n > 0; n--) {
            String account = "A-" + between(100000, 999999);
            switch (between(0, 6)) {
                case 0: log.debug("Account " + account + " locked for billing"); break;
                case 1: log.info("Bill for " + account + " written: " + between(12, 400) + "." + between(10, 99) + " EUR"); break;
                case 2: log.info("Read " + between(40, 900) + " meter readings of round " + between(1, 60)); break;
                case 3: log.info("Direct debit file DD" + between(1000, 9999) + " sent, " + between(3, 200) + " entries"); break;
                case 4: log.warn("Reading of " + account + " is estimated, last visit " + between(90, 400) + " days ago"); break;
                case 5: log.debug("Tariff table loaded in " + between(2, 90) + " ms"); break;
                default: log.info("Account " + account + " moved to tariff " + pick(TARIFFS));
            }
        }
    }

    static BigDecimal rate(String tariff, int zone) throws TariffNotFoundException {
        throw new TariffNotFoundException("No rate for tariff " + tariff + " in zone " + zone);
    }

    static BigDecimal charge(String account, int cubic) {
        try {
            return rate(pick(TARIFFS), between(1, 9)).multiply(BigDecimal.valueOf(cubic));
        } catch (TariffNotFoundException e) {
            throw new BillingException("Charge for account " + account + " could not be computed", e);
        }
    }

    static void bill(String account) {
        try {
            charge(account, between(1, 90));
        } catch (BillingException e) {
            throw new IllegalStateException("Bill for " + account + " left open", e);
        }
    }

    static void store(String account) throws SQLException {
        if (chance.nextBoolean())
            throw new SQLIntegrityConstraintViolationException(
                "ERROR: duplicate key value violates unique constraint \"bill_pkey\"\n  Detail: Key (account)=(" + account + ") already exists.", "23505");
        throw new SQLException("Connection to ledger-db:5432 refused. Check that the hostname and port are correct.", "08001");
    }

    static void save(String account) {
        try {
            store(account);
        } catch (SQLException e) {
            throw new BillingException("Could not save bill of " + account, e);
        }
    }

    static int last(Map<String, List<Integer>> readings, String account) {
        return readings.get(account).stream().mapToInt(Integer::intValue).reduce((a, b) -> b).getAsInt();
    }

    static void print(String account) {
        try {
            Files.readString(Path.of("/var/lib/billing/templates", pick(TARIFFS) + ".ftl"));
        } catch (IOException e) {
            throw new UncheckedIOException("Template not readable", e);
        }
    }

    static class Mailer implements AutoCloseable {
        void send(String account) { throw new BillingException("Mail to holder of " + account + " bounced"); }
        @Override public void close() throws IOException { throw new IOException("Connection reset by peer"); }
    }

    static void handle(String kind) throws Exception {
        String account = "A-" + between(100000, 999999);
        mark(2);
        switch (kind) {
            case "line":
                log.error(pick(
                    "Bank rejected direct debit of account " + account + ": AC04 closed account",
                    "Meter of account " + account + " runs backwards: " + between(-90, -1) + " m3",
                    "Could not reach print-server:9100 within " + between(5, 60) + " s",
                    "Round " + between(1, 60) + " not billed: " + between(3, 40) + " readings missing"));
                break;
            case "pair":
                log.error("Refund of account " + account + " refused by the ledger");
                mark(3);
                mark(2);
                log.error("Upload of statement " + between(1000, 9999) + " failed: 550 permission denied");
                break;
            case "reason":
                try { save(account); } catch (BillingException e) { log.error("Account " + account + " skipped: " + e.getMessage()); }
                break;
            case "thread": {
                var thread = new Thread(() -> print(account), "print-" + between(1, 4));
                thread.start();
                thread.join();
                break;
            }
            case "uncaught":
                if (chance.nextBoolean()) bill(account);
                last(Map.of(), account);
                break;
            case "fatal":
                log.error("Ledger is read-only, shutting down");
                System.exit(2);
                break;
            default:
                try {
                    fail(kind, account);
                } catch (Exception e) {
                    log.error(pick("Billing of account " + account + " failed", "Job for account " + account + " ended with an error"), e);
                }
        }
        mark(3);
    }

    static void fail(String kind, String account) throws Exception {
        switch (kind) {
            case "cause": bill(account); break;
            case "number": Integer.parseInt(pick("12,5", "", "n/a", "00x7")); break;
            case "null": last(Map.of("B", List.of()), pick("A", "B")); break;
            case "sql": save(account); break;
            case "file": print(account); break;
            case "date": LocalDate.parse(pick("31.02.2026", "2026-13-01", "yesterday")); break;
            case "divide": BigDecimal.ONE.divide(chance.nextBoolean() ? BigDecimal.ZERO : new BigDecimal(7), RoundingMode.UNNECESSARY); break;
            case "suppressed": try (var mailer = new Mailer()) { mailer.send(account); } break;
            case "future": CompletableFuture.supplyAsync(() -> charge(account, 3)).get(); break;
        }
    }

    public static void main(String[] args) throws Exception {
        log = setUp(args[0]);
        int seed = Integer.parseInt(args[1]), start = Integer.parseInt(args[2]);
        Path state = Path.of(args[3]);
        List<String> jobs = new ArrayList<>(List.of(KINDS));
        jobs.addAll(List.of(KINDS));
        jobs.addAll(List.of(KINDS).subList(0, 15));
        Collections.shuffle(jobs, new Random(seed));
        if (start == 0) log.info("Billing 7.1.3 started");
        for (int number = start; number < jobs.size(); number++) {
            chance = new Random(seed * 1000L + number);
            chance.nextInt();
            Files.writeString(state, String.valueOf(number));
            work();
            handle(jobs.get(number));
        }
        work();
        Files.writeString(state, "done");
    }
}
