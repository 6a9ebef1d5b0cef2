package com.example.warehouse;

import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;

/** A warehouse that fails: `Warehouse WAY FAILURE`. */
public class Warehouse {
    interface Failure { void run() throws Exception; }

    static class StockException extends RuntimeException {
        StockException(String text, Throwable cause) { super(text, cause); }
    }

    static class OutOfStock extends Exception {
        final int left;
        OutOfStock(String item, int left) { super("item '" + item + "' out of stock: {left=" + left + "}"); this.left = left; }
        @Override public String toString() { return "OutOfStock[" + left + "]: " + getMessage(); }
    }

    static final String[][] HEALTHY = {
        {"info", "Started Warehouse in 1.42 seconds"},
        {"warn", "Slow query took 1204 ms: select * from stock where item=?"},
        {"info", "import finished: rows=812 failures=0 errors=0"},
        {"info", "Exception translation enabled for 4 repositories"},
        {"debug", "GET /stock/17 -> 200 in 4 ms"},
    };
    static final Map<String, Failure> FAILURES = new LinkedHashMap<>();

    static String name(Object it) { return it.toString(); }
    static int deep(int n) { return deep(n + 1) + 1; }

    static {
        FAILURES.put("nullPointer", () -> name(null));
        FAILURES.put("number", () -> Integer.parseInt("1 000"));
        FAILURES.put("cast", () -> { Object o = List.of(1); ((Map<?, ?>) o).size(); });
        FAILURES.put("index", () -> List.of(1, 2).get(7));
        FAILURES.put("noElement", () -> new ArrayList<>().iterator().next());
        FAILURES.put("optional", () -> Optional.empty().orElseThrow());
        FAILURES.put("immutable", () -> List.of(1).add(2));
        FAILURES.put("divide", () -> { int zero = 0; System.out.println(1 / zero); });
        FAILURES.put("exact", () -> Math.multiplyExact(1 << 30, 4));
        FAILURES.put("refused", () -> new Socket("127.0.0.1", 1));
        FAILURES.put("fileMissing", () -> Files.readString(Path.of("/srv/warehouse/etc/bins.csv")));
        FAILURES.put("streamMissing", () -> new FileInputStream("/srv/warehouse/etc/bins.csv"));
        FAILURES.put("timeout", () -> { new CompletableFuture<Integer>().get(5, TimeUnit.MILLISECONDS); });
        FAILURES.put("async", () -> CompletableFuture.supplyAsync(() -> Integer.parseInt("x")).join());
        FAILURES.put("future", () -> Executors.newCachedThreadPool(r -> { Thread t = new Thread(r); t.setDaemon(true); return t; }).submit(() -> Integer.parseInt("y")).get());
        FAILURES.put("chained", () -> {
            try {
                try { Integer.parseInt("17a"); } catch (NumberFormatException e) { throw new IOException("bin file: line 3: \"17a\"", e); }
            } catch (IOException e) { throw new StockException("stock of 17 could not be read", e); }
        });
        FAILURES.put("causedText", () -> { throw new StockException("printing failed. Caused by: paper jam", new IllegalStateException("tray: 2")); });
        FAILURES.put("suppressed", () -> {
            try (Closeable a = () -> { throw new IOException("scanner did not close"); }) { throw new IllegalStateException("scan failed"); }
        });
        FAILURES.put("custom", () -> { throw new OutOfStock("Schraube Größe M8", 0); });
        FAILURES.put("manyLines", () -> { throw new IllegalArgumentException("Invalid order:\n  - item must not be null\n  - count must be > 0\n\nSee /docs"); });
        FAILURES.put("noMessage", () -> { throw new UnsupportedOperationException(); });
        FAILURES.put("recursion", () -> deep(0));
        FAILURES.put("noClass", () -> Class.forName("com.example.warehouse.Printer"));
        FAILURES.put("reflect", () -> Warehouse.class.getDeclaredMethod("name", Object.class).invoke(null, (Object) null));
        FAILURES.put("init", () -> Broken.ready());
        FAILURES.put("assertion", () -> { throw new AssertionError("count: expected <3> but was <2>"); });
        FAILURES.put("date", () -> LocalDate.parse("26.11.2026"));
        FAILURES.put("uri", () -> URI.create("http://[bad"));
        FAILURES.put("interrupted", () -> { Thread.currentThread().interrupt(); Thread.sleep(10); });
        FAILURES.put("memory", () -> { long[][] all = new long[100][]; for (int i = 0; i < 100; i++) all[i] = new long[1 << 26]; });
        FAILURES.put("zip", () -> new java.util.zip.ZipFile("/etc/passwd"));
        FAILURES.put("enumName", () -> Thread.State.valueOf("SLEEPING"));
    }

    static class Broken {
        static final int SIZE = Integer.parseInt("none");
        static void ready() { }
    }

    static void mark(int b) { System.err.flush(); System.out.flush(); System.err.write(b); System.err.write('\n'); System.err.flush(); }

    static void fail(String failure) throws Throwable { FAILURES.get(failure).run(); }

    interface Log { void say(String level, String text); }
    interface Report { void say(String text, Throwable error); }

    static void logged(String failure, Log log, Report report) {
        int at = failure.length() % 3;
        for (String[] line : Arrays.copyOfRange(HEALTHY, at, 5)) log.say(line[0], line[1]);
        try { fail(failure); } catch (Throwable error) { Thread.interrupted(); mark(2); report.say("Could not pick order 4711", error); mark(3); }
        for (String[] line : Arrays.copyOfRange(HEALTHY, 0, 2)) log.say(line[0], line[1]);
    }

    public static void main(String[] args) throws Throwable {
        String way = args[0], failure = args[1];
        switch (way) {
            case "jul": {
                var log = java.util.logging.Logger.getLogger("com.example.warehouse");
                logged(failure, (level, text) -> log.log(level.equals("warn") ? java.util.logging.Level.WARNING : java.util.logging.Level.INFO, text),
                    (text, error) -> log.log(java.util.logging.Level.SEVERE, text, error));
                break;
            }
            case "logback": Back.logged(failure); break;
            case "log4j2", "log4j2Pattern", "log4j2Json", "log4j2Short": Four.logged(failure); break;
            case "printed":
                logged(failure, (level, text) -> System.err.println(text), (text, error) -> error.printStackTrace());
                break;
            case "printedAfterLine":
                logged(failure, (level, text) -> System.err.println(text), (text, error) -> { System.err.println("ERROR: " + text); error.printStackTrace(); });
                break;
            case "logger": {
                var log = System.getLogger("com.example.warehouse.Picker");
                logged(failure, (level, text) -> log.log(System.Logger.Level.INFO, text), (text, error) -> log.log(System.Logger.Level.ERROR, text, error));
                break;
            }
            case "uncaught":
                for (String[] line : HEALTHY) System.err.println(line[1]);
                mark(2);
                fail(failure);
                break;
            case "uncaughtStamped":
                for (String[] line : HEALTHY) System.err.println(Instant.now() + " " + line[0].toUpperCase() + " " + line[1]);
                mark(2);
                fail(failure);
                break;
            case "thread": {
                System.err.println("pool with 4 threads up");
                mark(2);
                Thread thread = new Thread(() -> { try { fail(failure); } catch (RuntimeException | Error e) { throw e; } catch (Throwable e) { throw new RuntimeException(e); } }, "picker-3");
                thread.start();
                thread.join();
                mark(3);
                System.err.println("pool with 4 threads down");
                break;
            }
            default: throw new IllegalArgumentException(way);
        }
    }
}
