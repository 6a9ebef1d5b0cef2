package org.example.parking;

import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.time.*;
import java.time.format.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.logging.*;

/** Parking houses: `Parking way seed start state`. */
public class Parking {
    static String way;
    static Random chance;

    static class ParkingException extends RuntimeException {
        ParkingException(String message) { super(message); }
        ParkingException(String message, Throwable cause) { super(message, cause); }
    }

    static class BarrierException extends Exception {
        BarrierException(String message) { super(message); }
    }

    interface Job { void run() throws Exception; }

    /** Logback's `%d{ISO8601} [%thread] %-5level %logger{36} - %msg%n%ex`, or one JSON object a line. */
    static class Layout extends java.util.logging.Formatter {
        static String level(Level level) {
            return level == Level.SEVERE ? "ERROR" : level == Level.WARNING ? "WARN" : "INFO";
        }

        static String stack(Throwable thrown) {
            StringWriter text = new StringWriter();
            thrown.printStackTrace(new PrintWriter(text, true));
            return text.toString();
        }

        static String quoted(String text) {
            return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t") + '"';
        }

        public String format(LogRecord r) {
            String thread = Thread.currentThread().getName();
            if (way.equals("json")) {
                String time = Instant.ofEpochMilli(r.getMillis()).toString();
                String stack = r.getThrown() == null ? "" : ",\"stack_trace\":" + quoted(stack(r.getThrown()));
                return "{\"@timestamp\":\"" + time + "\",\"level\":\"" + level(r.getLevel()) + "\",\"thread_name\":\"" + thread
                    + "\",\"logger_name\":\"" + r.getLoggerName() + "\",\"message\":" + quoted(r.getMessage()) + stack + "}\n";
            }
            String time = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS").format(LocalDateTime.now());
            return String.format("%s [%s] %-5s %s - %s%n%s", time, thread, level(r.getLevel()), r.getLoggerName(), r.getMessage(),
                r.getThrown() == null ? "" : stack(r.getThrown()));
        }
    }

    static int number() { return 2 + chance.nextInt(9000); }

    static <T> T pick(T... list) { return list[chance.nextInt(list.length)]; }

    static void mark(String b) { System.err.println(b); System.err.flush(); }

    static void log(Level level, String name, String text, Throwable thrown) {
        if (way.equals("bare")) {
            if (thrown != null) thrown.printStackTrace();
            else System.err.println((level == Level.SEVERE ? "ERROR: " : level == Level.WARNING ? "WARNING: " : "") + text);
            return;
        }
        LogRecord r = new LogRecord(level, text);
        r.setLoggerName("org.example.parking." + name);
        r.setThrown(thrown);
        r.setSourceClassName("org.example.parking." + name);
        r.setSourceMethodName(level == Level.SEVERE ? "handle" : "report");
        Logger.getLogger("org.example.parking." + name).log(r);
    }

    static void work() {
        for (int i = 2 + chance.nextInt(3); i > 0; i--) {
            int n = number();
            String[] line = pick(new String[][] {{"Gate", "Barrier " + n % 9 + " opened"}, {"Ticket", "Ticket " + n + " issued"},
                {"Payment", "Ticket " + n + " paid with card"}, {"Level", "Level " + n % 6 + " has " + n % 200 + " free places"},
                {"Web", "GET /houses/" + n + " 200 " + n % 50 + "ms"}, {"Camera", "Plate read in " + n % 90 + " ms"}});
            log(Level.INFO, line[0], line[1], null);
        }
        if (chance.nextDouble() < 0.4) {
            int n = number();
            switch (chance.nextInt(6)) {
                case 0: log(Level.INFO, "Report", "Day closed: " + n + " tickets, 0 errors", null); break;
                case 1: log(Level.INFO, "Report", "Cash box " + n % 8 + " checked, no error found", null); break;
                case 2: log(Level.INFO, "Web", "GET /api/exceptions/NullPointerException?id=" + n + " 200 2ms", null); break;
                case 3: log(Level.INFO, "Payment", "Terminal answered {\"ticket\":" + n + ",\"error\":null}", null); break;
                case 4: log(Level.INFO, "Payment", "Ticket " + n + " booked on second attempt", null); break;
                default: log(Level.WARNING, "Level", "Level " + n % 6 + " is nearly full", null);
            }
        }
    }

    static String plate(Map<String, String> ticket) { return ticket.get("plate").trim(); }

    static void open(int barrier) throws BarrierException { throw new BarrierException("barrier " + barrier + " is blocked"); }

    static int deep(int n) { return deep(n + 1) + 1; }

    static class Terminal implements AutoCloseable {
        void pay(int n) { throw new ParkingException("terminal refused ticket " + n); }
        public void close() throws IOException { throw new IOException("terminal is not connected"); }
    }

    static void nullPointer() { plate(new HashMap<>()); }
    static void badNumber() { Integer.parseInt(number() + " EUR"); }
    static void index() { int[] levels = new int[6]; levels[6 + number()]++; }
    static void cast() { Object place = "P" + number(); Integer free = (Integer) place; }
    static void noFile() throws Exception { new FileInputStream("/srv/parking/tariff-" + number() + ".xml"); }
    static void noPath() throws Exception { Files.readAllLines(Path.of("/srv/parking/plates-" + number() + ".csv")); }
    static void zero() { int n = number() / (number() * 0); }
    static void refused() throws Exception { new Socket("127.0.0.1", 9); }
    static void blocked() throws Exception { open(number() % 20); }
    static void state() { new ArrayList<>(List.of(1)).iterator().remove(); }
    static void concurrent() { List<Integer> l = new ArrayList<>(List.of(1, 2, 3)); for (Integer i : l) l.remove(i); }
    static void unsupported() { List.of(1).add(number()); }
    static void noElement() { Optional.empty().orElseThrow(); }
    static void noEnum() { Thread.State.valueOf("FULL" + number()); }
    static void noClass() throws Exception { Class.forName("org.example.tariff.Night" + number()); }
    static void badDate() { LocalDate.parse("2026-13-" + number() % 30); }
    static void overflow() { deep(0); }
    static void asserted() { assert number() < 0 : "free places must not be negative"; }
    static void memory() { long[][] all = new long[Integer.MAX_VALUE][]; }
    static void caused() { try { badNumber(); } catch (Exception e) { throw new ParkingException("tariff " + number() + " cannot be read", e); } }
    static void causedTwice() { try { caused(); } catch (Exception e) { throw new IllegalStateException("parking house " + number() + " did not start", e); } }
    static void suppressed() throws Exception { try (Terminal t = new Terminal()) { t.pay(number()); } }
    static void wrapped() throws Exception { try { suppressed(); } catch (Exception e) { throw new ExecutionException(e); } }
    static void future() throws Exception {
        CompletableFuture.supplyAsync(() -> { caused(); return 1; }).get();
    }
    static void several() { throw new ParkingException("ticket " + number() + " is not valid:\n\t- no entry time\n\t- no plate"); }

    static void several2() throws Exception {
        Exception e = new ParkingException("3 gates failed");
        for (int i = 1; i < 4; i++) e.addSuppressed(new BarrierException("gate " + i + " does not answer"));
        throw e;
    }

    static void logged(Job job) {
        try {
            job.run();
        } catch (Throwable e) {
            String head = pick("Ticket %d failed", "Unhandled exception in request %d", "Could not open gate %d", "Job %d crashed",
                "Servlet.service() for request %d threw exception", "Error while charging ticket %d");
            log(Level.SEVERE, pick("Gate", "Ticket", "Payment"), String.format(head, number()), e);
        }
    }

    static void plain() {
        int n = number();
        log(Level.SEVERE, pick("Gate", "Payment", "Camera"), pick("Payment of ticket " + n + " failed: card expired",
            "Could not connect to camera " + n % 30 + ": connection refused", "Barrier " + n % 9 + " failed to close after " + n + " ms",
            "Cannot print receipt " + n + ": out of paper", "Login failed for operator" + n, "Timeout waiting for terminal " + n % 40), null);
    }

    static void lines() {
        int n = number();
        log(Level.SEVERE, "Tariff", pick("Tariff " + n + " is invalid:\n  night: price missing\n  day: ends before it begins",
            "2 gates failed self test:\n  gate " + n % 9 + ": no current\n  gate 10: loop detector dead"), null);
    }

    static void thread() throws Exception {
        Thread t = new Thread(Parking::caused, "gate-watch-" + number() % 9);
        t.start();
        t.join();
    }

    public static void main(String[] args) throws Exception {
        way = args[0];
        int seed = Integer.parseInt(args[1]), start = Integer.parseInt(args[2]);
        chance = new Random(seed * 1000 + start);
        if (!way.equals("jul")) for (Handler h : Logger.getLogger("").getHandlers()) h.setFormatter(new Layout());
        Job[] raised = {Parking::nullPointer, Parking::badNumber, Parking::index, Parking::cast, Parking::noFile, Parking::noPath,
            Parking::zero, Parking::refused, Parking::blocked, Parking::state, Parking::concurrent, Parking::unsupported,
            Parking::noElement, Parking::noEnum, Parking::noClass, Parking::badDate, Parking::overflow, Parking::asserted,
            Parking::memory, Parking::caused, Parking::causedTwice, Parking::suppressed, Parking::wrapped, Parking::future,
            Parking::several, Parking::several2};
        Job[] dying = {Parking::nullPointer, Parking::causedTwice, Parking::suppressed, Parking::noFile, Parking::memory};
        List<Job> jobs = new ArrayList<>();
        for (Job job : raised) jobs.add(() -> logged(job));
        for (int i = 0; i < 7; i++) jobs.add(Parking::plain);
        for (int i = 0; i < 4; i++) jobs.add(Parking::lines);
        for (int i = 0; i < 2; i++) jobs.add(Parking::thread);
        jobs.addAll(List.of(dying));
        Collections.shuffle(jobs, new Random(seed));
        log(Level.INFO, "Parking", "Parking houses started", null);
        for (int i = start; i < jobs.size(); i++) {
            Files.writeString(Path.of(args[3]), "" + i);
            work();
            mark("\2");
            jobs.get(i).run();
            mark("\3");
        }
        work();
        log(Level.INFO, "Parking", "Parking houses stopped", null);
        Files.writeString(Path.of(args[3]), "done");
    }
}
