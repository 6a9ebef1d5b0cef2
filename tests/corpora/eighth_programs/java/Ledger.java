package com.example.ledger;

import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.sql.*;
import java.time.*;
import java.time.format.DateTimeFormatter;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.*;
import java.util.logging.*;
import java.util.logging.Formatter;

/** A bank's ledger service: takes jobs from a queue, logs the ones that fail and goes on, and sometimes dies. */
public class Ledger {
    static final Logger LOG = Logger.getLogger("com.example.ledger.Worker");
    static final PrintStream ERR = new PrintStream(new FileOutputStream(FileDescriptor.err), true);
    static String way;
    static long seed;
    static Random chance;

    interface Task { void run() throws Throwable; }

    static class PaymentException extends Exception {
        PaymentException(String text, Throwable cause) { super(text, cause); }
    }

    static class LedgerUnavailableException extends RuntimeException {
        LedgerUnavailableException(String text, Throwable cause) { super(text, cause); }
    }

    static class Connection implements AutoCloseable {
        public void close() throws IOException { throw new IOException("connection already closed by peer"); }
    }

    static void begin() { ERR.print("\u0002\n"); ERR.flush(); }
    static void end() { ERR.print("\u0003\n"); ERR.flush(); }
    static int account() { return 10000 + chance.nextInt(90000); }
    static <T> T pick(List<T> list) { return list.get(chance.nextInt(list.size())); }

    static String trace(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    static String json(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "") + '"';
    }

    /** The layouts that teams use: logback's pattern with the thread, log4j's, and JSON as logstash's encoder has it. */
    static class Layout extends Formatter {
        public String format(LogRecord record) {
            String level = record.getLevel() == Level.SEVERE ? "ERROR" : record.getLevel() == Level.WARNING ? "WARN" : "INFO";
            LocalDateTime at = LocalDateTime.ofInstant(record.getInstant(), ZoneOffset.UTC);
            String text = formatMessage(record);
            String trace = record.getThrown() == null ? "" : trace(record.getThrown());
            switch (way) {
                case "logback":
                    return at.format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS")) + " [" + Thread.currentThread().getName() + "] "
                        + String.format("%-5s", level) + " c.e.ledger.Worker - " + text + "\n" + trace;
                case "spring":
                    return at.format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")) + String.format(" %5s", level)
                        + " 4242 --- [           main] com.example.ledger.Worker                : " + text + "\n" + (trace.isEmpty() ? "" : "\n" + trace);
                case "json":
                    return "{\"@timestamp\":" + json(at + "Z") + ",\"@version\":\"1\",\"message\":" + json(text)
                        + ",\"logger_name\":\"com.example.ledger.Worker\",\"thread_name\":\"main\",\"level\":" + json(level)
                        + (trace.isEmpty() ? "" : ",\"stack_trace\":" + json(trace)) + "}\n";
                default:
                    return String.format("%-5s", level) + " [" + Thread.currentThread().getName() + "] " + text + "\n" + trace;
            }
        }
    }

    static void refused() throws IOException { new Socket("127.0.0.1", 9); }
    static Object repository() { try { refused(); return null; } catch (IOException e) { throw new LedgerUnavailableException("could not open a connection to the ledger", e); } }
    static void service() throws PaymentException {
        try { repository(); } catch (RuntimeException e) { throw new PaymentException("transfer from account " + account() + " not booked", e); }
    }
    static void suppressed() throws Exception {
        try (Connection c = new Connection()) { throw new SQLException("deadlock detected, transaction rolled back", "40P01", 1213); }
    }
    static void filter(int left) { if (left == 0) repository(); else proceed(left); }
    static void proceed(int left) { filter(left - 1); }
    static void recurse(int left) { Function<Integer, Integer> f = x -> { recurse(x - 1); return x; }; if (left == 0) throw new IllegalStateException("cycle among accounts"); f.apply(left); }

    static final Map<String, Task> FAILURES = new LinkedHashMap<>();
    static {
        FAILURES.put("null", () -> { Map<String, String> owner = new HashMap<>(); owner.get("iban").length(); });
        FAILURES.put("bounds", () -> { int[] rows = new int[3]; rows[3 + chance.nextInt(4)] = 1; });
        FAILURES.put("listBounds", () -> new ArrayList<>(List.of(1, 2)).get(2));
        FAILURES.put("number", () -> Integer.parseInt(pick(List.of("12,50", "", "n/a", "4e2"))));
        FAILURES.put("zero", () -> { int parts = 0; int share = account() / parts; });
        FAILURES.put("cast", () -> { Object row = "IBAN"; Integer n = (Integer) row; });
        FAILURES.put("noFile", () -> new FileReader("/srv/data/statements/" + account() + ".csv"));
        FAILURES.put("noSuchFile", () -> Files.readString(Path.of("/srv/data/rates-" + account() + ".json")));
        FAILURES.put("refused", Ledger::refused);
        FAILURES.put("repository", Ledger::repository);
        FAILURES.put("service", Ledger::service);
        FAILURES.put("suppressed", Ledger::suppressed);
        FAILURES.put("noDriver", () -> DriverManager.getConnection("jdbc:postgresql://127.0.0.1/ledger"));
        FAILURES.put("date", () -> LocalDate.parse("2026-02-30"));
        FAILURES.put("timeout", () -> new CompletableFuture<String>().get(5, TimeUnit.MILLISECONDS));
        FAILURES.put("execution", () -> CompletableFuture.runAsync(() -> { throw new IllegalArgumentException("amount must be positive"); }).get());
        FAILURES.put("join", () -> CompletableFuture.supplyAsync(Ledger::repository).join());
        FAILURES.put("noElement", () -> new ArrayList<>().iterator().next());
        FAILURES.put("optional", () -> Optional.empty().orElseThrow());
        FAILURES.put("modification", () -> { List<Integer> rows = new ArrayList<>(List.of(1, 2, 3)); for (Integer r : rows) rows.remove(r); });
        FAILURES.put("unsupported", () -> List.of(1).add(2));
        FAILURES.put("state", () -> { throw new IllegalStateException("period " + (1 + chance.nextInt(12)) + "/2026 is closed"); });
        FAILURES.put("uri", () -> new URI("http://bank.example/pay to"));
        FAILURES.put("url", () -> new URL("bank.example/callback"));
        FAILURES.put("noClass", () -> Class.forName("com.example.ledger.SepaExport"));
        FAILURES.put("lines", () -> { throw new IllegalArgumentException("3 rows rejected:\n  row 12: amount is negative\n  row 40: unknown currency\n  row 41: empty"); });
        FAILURES.put("sql", () -> { throw new SQLException("ERROR: syntax error at or near \"FORM\"\n  Position: 15", "42601"); });
        FAILURES.put("deep", () -> filter(8 + chance.nextInt(15)));
        FAILURES.put("deeper", () -> recurse(8 + chance.nextInt(8)));
        FAILURES.put("reflect", () -> Ledger.class.getDeclaredMethod("repository").invoke(null));
        FAILURES.put("eof", () -> new DataInputStream(new ByteArrayInputStream(new byte[2])).readInt());
        FAILURES.put("object", () -> new ObjectInputStream(new ByteArrayInputStream("nonsense".getBytes())));
        FAILURES.put("format", () -> String.format("%d EUR", "12"));
        FAILURES.put("store", () -> { Object[] rows = new String[1]; rows[0] = 1; });
        FAILURES.put("own", () -> { PaymentException e = new PaymentException("batch " + account() + " failed", null);
            e.addSuppressed(new IOException("row 1")); e.addSuppressed(new IllegalStateException("row 2", new TimeoutException("no answer in 30 s"))); throw e; });
        FAILURES.put("memory", () -> { List<long[]> kept = new ArrayList<>(); while (true) kept.add(new long[1 << 20]); });
        FAILURES.put("assertion", () -> { assert account() < 0 : "debit and credit differ by " + account(); });
    }

    static void logged(String name) {
        try { FAILURES.get(name).run(); } catch (Throwable e) {
            String text = pick(List.of("Booking failed for account " + account(), "Unexpected error while processing batch " + account(), "Could not import statement", e.toString()));
            begin(); LOG.log(Level.SEVERE, text, e); end();
        }
    }
    static void warned(String name) {
        try { FAILURES.get(name).run(); } catch (Throwable e) { begin(); LOG.log(Level.SEVERE, "Transfer " + account() + " rejected: " + e.getMessage()); end(); }
    }
    static void printed(String name) {
        try { FAILURES.get(name).run(); } catch (Throwable e) { begin(); e.printStackTrace(ERR); end(); }
    }
    static void told() {
        String text = pick(List.of("Clearing house returned 503 for transfer #", "No exchange rate for transfer #", "Transfer # timed out after 30000 ms",
            "Giving up on batch # after 5 attempts", "Account # is locked, transfer rejected")).replace("#", "" + account());
        begin(); LOG.severe(text); end();
    }
    static void toldInLines() {
        begin(); LOG.severe("Statement " + account() + " rejected:\n  line 3: balance differs\n  line 9: unknown account\n  line 17: date in the future"); end();
    }
    static void threaded(String name) throws Exception {
        Thread thread = new Thread(() -> { begin(); sneaky(FAILURES.get(name)); }, "booking-" + chance.nextInt(9));
        thread.start(); thread.join(); end();
    }
    static <E extends Throwable> void sneaky(Task task) throws E { try { task.run(); } catch (Throwable e) { throw (E) e; } }
    static void dies(String name) { begin(); sneaky(FAILURES.get(name)); }

    static final List<String> WORK = List.of("Booked transfer # in # ms", "Statement # imported, # rows", "Opened connection # to the ledger", "Closed period 11/2026 for account #",
        "Sent batch # to the clearing house", "HikariPool-1 - Pool stats (total=10, active=#)", "Rates of # currencies loaded", "Account # reconciled");
    static final List<String> HEALTHY = List.of("Import of statement # finished: 0 errors", "Self test passed, no error found (#)", "Answer of the clearing house: {\"id\": #, \"error\": null}",
        "GET /docs/exceptions/# 200", "Transfer # accepted on attempt 2 of 3", "errorCount=0 processed=#");

    static void work() {
        for (int left = 2 + chance.nextInt(3); left > 0; left--) {
            String text = pick(chance.nextInt(100) < 15 ? HEALTHY : WORK);
            while (text.contains("#")) text = text.replaceFirst("#", "" + account());
            if (way.equals("stderr")) System.out.println(text); else LOG.info(text);
            if (chance.nextInt(100) < 5) LOG.warning("Connection pool is at 90 percent");
        }
    }

    static List<Task> plan() {
        List<Task> jobs = new ArrayList<>();
        for (int i = 0; i < 6; i++) jobs.add(Ledger::told);
        for (int i = 0; i < 3; i++) jobs.add(Ledger::toldInLines);
        List<String> names = new ArrayList<>(FAILURES.keySet());
        boolean all = !way.equals("stderr") && !way.equals("journal");
        Collections.shuffle(names, chance);
        for (String name : all ? names : names.subList(0, 18)) jobs.add(() -> logged(name));
        for (String name : List.of("state", "refused", "repository")) jobs.add(() -> warned(name));
        if (!way.equals("json")) {
            Collections.shuffle(names, chance);
            for (String name : names.subList(0, all ? 4 : 10)) jobs.add(() -> printed(name));
            for (String name : names.subList(10, all ? 14 : 20)) jobs.add(() -> threaded(name));
        }
        for (String name : names.subList(20, all ? 23 : 30)) jobs.add(() -> dies(name));
        Collections.shuffle(jobs, chance);
        return jobs;
    }

    public static void main(String[] arguments) throws Throwable {
        way = arguments[0];
        seed = Long.parseLong(arguments[1]);
        int start = Integer.parseInt(arguments[2]);
        Path state = Path.of(arguments[3]);
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true));
        if (way.equals("logback") || way.equals("spring") || way.equals("json") || way.equals("journal")) {
            LOG.setUseParentHandlers(false);
            Handler handler = new ConsoleHandler();
            handler.setFormatter(new Layout());
            LOG.addHandler(handler);
        }
        chance = new Random(seed);
        List<Task> jobs = plan();
        LOG.info("Starting ledger 3." + seed);
        LOG.info("Connected to the clearing house");
        for (int number = start; number < jobs.size(); number++) {
            Files.writeString(state, "" + number);
            chance = new Random(seed * 1000 + number);
            work();
            jobs.get(number).run();
        }
        LOG.info("Queue drained, stopping");
        Files.writeString(state, "done");
    }
}
