package org.sample.depot;

import java.io.*;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.net.*;
import java.nio.charset.*;
import java.nio.file.*;
import java.sql.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.logging.*;
import java.util.stream.*;

/** A depot of the JDK alone: it logs with java.util.logging in its default or in one line, or prints traces. */
public final class Depot {
    static String way;
    static Random chance;
    static Logger log;
    static List<String> ordinary;

    static final class StockException extends RuntimeException {
        StockException(String message, Throwable cause) { super(message, cause); }
    }

    static final class Missing extends Exception {
        final int part;
        Missing(int part) { super(null, null); this.part = part; }
        @Override public String toString() { return "part " + part + " is missing on " + "shelf Ö"; }
    }

    interface Failure { void run() throws Throwable; }
    interface Scale { int weigh(int part) throws Exception; }
    record Part(int id, String name, List<String> tags) { Part { Objects.requireNonNull(name, "name of part " + id); } }
    enum Lane { NORTH, SOUTH }
    static final class Broken { static final int LIMIT = Integer.parseInt("ten"); }
    static final class Shelf implements AutoCloseable {
        @Override public void close() throws IOException { throw new IOException("shelf " + number() + " jams"); }
    }

    static int number() { return 1000 + chance.nextInt(9000); }
    static int depth(int n) { return n == 0 ? Integer.parseInt("n/a") : depth(n - 1); }
    static int endless(int n) { return endless(n + 1) + 1; }
    static void mark(int b) { System.out.flush(); System.err.flush(); System.err.print((char) b + "\n"); System.err.flush(); }
    static boolean bare() { return way.equals("bare") || way.equals("journal"); }

    static void healthy() {
        for (int n = new int[] {0, 1, 1, 2, 3, 5}[chance.nextInt(6)]; n > 0; n--) {
            String line = ordinary.get(chance.nextInt(ordinary.size())).replace("\\n", "\n");
            boolean warns = line.startsWith("W ");
            line = warns ? line.substring(2) : line;
            if (bare() || line.contains("\n") || way.equals("mixed") && chance.nextBoolean()) System.out.println(line);
            else log.log(warns ? Level.WARNING : Level.INFO, line);
        }
    }

    static void chain() {
        try { depth(chance.nextInt(6)); }
        catch (NumberFormatException e) { throw new StockException("weight of part " + number() + " unknown", e); }
    }

    static void chain3() throws IOException {
        try { chain(); } catch (StockException e) { throw new IOException("inventory not written", e); }
    }

    static final Map<String, Failure> TOLD = new LinkedHashMap<>();
    static {
        TOLD.put("null", () -> { Part part = null; System.out.println(part.name()); });
        TOLD.put("depth", () -> depth(3 + chance.nextInt(8)));
        TOLD.put("chain", Depot::chain);
        TOLD.put("chain3", Depot::chain3);
        TOLD.put("suppressed", () -> { try (Shelf a = new Shelf(); Shelf b = new Shelf()) { throw new IllegalStateException("lift " + number() + " stuck"); } });
        TOLD.put("index", () -> { int[] lanes = new int[3]; lanes[number()]++; });
        TOLD.put("list", () -> List.of(1, 2).get(7));
        TOLD.put("immutable", () -> List.of(1).add(2));
        TOLD.put("cast", () -> { Object o = "crate"; Integer i = (Integer) o; });
        TOLD.put("divide", () -> System.out.println(number() / (number() - number() * 0 > 0 ? 0 : 0)));
        TOLD.put("enum", () -> Lane.valueOf("EAST" + number()));
        TOLD.put("require", () -> new Part(number(), null, List.of()));
        TOLD.put("file", () -> Files.readString(Path.of("/srv/depot/" + number() + ".csv")));
        TOLD.put("folder", () -> Files.delete(Path.of("/proc")));
        TOLD.put("stream_file", () -> new FileInputStream("/none/" + number()));
        TOLD.put("connect", () -> new Socket("127.0.0.1", 1));
        TOLD.put("url", () -> new URL("http://127.0.0.1:1/parts").openStream());
        TOLD.put("uri", () -> new URI("http://depot sample/ä"));
        TOLD.put("date", () -> LocalDate.parse("2026-13-" + number()));
        TOLD.put("decimal", () -> BigDecimal.ONE.divide(BigDecimal.valueOf(3)));
        TOLD.put("sql", () -> DriverManager.getConnection("jdbc:postgresql://db/" + number()));
        TOLD.put("class", () -> Class.forName("org.sample.plugins.Pay" + number()));
        TOLD.put("future", () -> CompletableFuture.supplyAsync(() -> depth(2)).get());
        TOLD.put("join", () -> CompletableFuture.runAsync(Depot::chain).join());
        TOLD.put("executor", () -> { ExecutorService pool = Executors.newFixedThreadPool(1); try { pool.submit(() -> { chain3(); return 1; }).get(); } finally { pool.shutdown(); } });
        TOLD.put("timeout", () -> new CompletableFuture<Integer>().get(10, TimeUnit.MILLISECONDS));
        TOLD.put("modified", () -> { List<Integer> all = new ArrayList<>(List.of(1, 2, 3)); for (Integer i : all) all.remove(i); });
        TOLD.put("stream", () -> Stream.of("1", "zwei").map(Integer::valueOf).collect(Collectors.toList()));
        TOLD.put("duplicate", () -> Stream.of("a", "a").collect(Collectors.toMap(x -> x, x -> x)));
        TOLD.put("optional", () -> Optional.empty().orElseThrow());
        TOLD.put("proxy", () -> ((Scale) Proxy.newProxyInstance(Depot.class.getClassLoader(), new Class<?>[] {Scale.class}, (p, m, a) -> { throw new java.sql.SQLException("scale says no"); })).weigh(number()) );
        TOLD.put("reflect", () -> Depot.class.getDeclaredMethod("chain").invoke(null));
        TOLD.put("initializer", () -> System.out.println(Broken.LIMIT));
        TOLD.put("initializer_again", () -> System.out.println(Broken.LIMIT));
        TOLD.put("own", () -> { throw new Missing(number()); });
        TOLD.put("lines", () -> { throw new IllegalArgumentException("delivery " + number() + " not valid:\n  - no address\n  - weight: -3\n  - lane: EAST"); });
        TOLD.put("unicode", () -> { throw new IllegalStateException("Lager „Ærø“ 倉庫 " + number() + " ist voll ☠"); });
        TOLD.put("long", () -> { throw new IllegalStateException("cannot store " + IntStream.range(0, 90).mapToObj(i -> new Part(i, "part" + number(), List.of("a", "ß"))).toList()); });
        TOLD.put("stack", () -> endless(0));
        TOLD.put("assert", () -> { int have = number(); assert have < 0 : "have " + have; });
        TOLD.put("charset", () -> StandardCharsets.UTF_8.newDecoder().decode(java.nio.ByteBuffer.wrap(new byte[] {99, (byte) 0xe9, 32})));
        TOLD.put("object", () -> new ObjectInputStream(new ByteArrayInputStream(new byte[] {1, 2, 3, 4})));
        TOLD.put("process", () -> new ProcessBuilder("/none/weigh").start());
        TOLD.put("format", () -> String.format("%d of %s", "A", 3));
        TOLD.put("pattern", () -> java.util.regex.Pattern.compile("(part" + number()));
        TOLD.put("cyclic", () -> { Exception a = new Exception("a is broken"); Exception b = new Exception("b is broken", a); a.initCause(b); throw a; });
        TOLD.put("heap", () -> System.out.println(new long[Integer.MAX_VALUE].length));
    }

    static final Map<String, Failure> ITSELF = new LinkedHashMap<>();
    static {
        ITSELF.put("thread", () -> { Thread t = new Thread(Depot::chain, "lift-" + chance.nextInt(9)); t.start(); t.join(); });
        ITSELF.put("thread_two", () -> { Thread t = new Thread(() -> depth(2)); t.start(); t.join(); });
        ITSELF.put("pool", () -> { ExecutorService pool = Executors.newSingleThreadExecutor(); pool.execute(() -> List.of().get(0)); pool.shutdown(); pool.awaitTermination(2, TimeUnit.SECONDS); Thread.sleep(30); });
        ITSELF.put("handler", () -> { Thread t = new Thread(Depot::chain); t.setUncaughtExceptionHandler((x, e) -> tell("unhandled in " + x.getName(), e)); t.start(); t.join(); });
        ITSELF.put("error", () -> error("cannot reach scale " + number() + ": answered 502 three times"));
        ITSELF.put("error_lines", () -> error("delivery " + number() + " refused:\n  pallets: 0\n  truck: none"));
        ITSELF.put("warned", () -> { try { depth(1); } catch (RuntimeException e) { if (bare()) e.printStackTrace(); else log.log(Level.WARNING, "weight guessed", e); } });
        ITSELF.put("parameters", () -> { if (bare()) error("ERROR order " + number() + " lost"); else log.log(Level.SEVERE, "order {0} lost by {1}", new Object[] {number(), Lane.NORTH}); });
    }

    static void error(String text) {
        if (bare()) System.err.println("Error: " + text); else log.severe(text);
    }

    static void tell(String what, Throwable e) {
        if (!bare()) log.log(Level.SEVERE, what, e);
        else { if (chance.nextBoolean()) System.err.print(what + ": "); e.printStackTrace(); }
    }

    static void one(String name, Failure failure) throws InterruptedException {
        healthy();
        mark(2);
        try { failure.run(); }
        catch (InterruptedException e) { throw e; }
        catch (Throwable e) { tell(name + " " + number() + " failed", e); }
        mark(3);
    }

    public static void main(String[] words) throws Throwable {
        way = words[0];
        chance = new Random(Integer.parseInt(words[2]));
        ordinary = Files.readAllLines(Path.of("../ordinary.txt"));
        if (way.equals("line")) System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tF %1$tT.%1$tL %4$-7s [%3$s] %5$s%6$s%n");
        if (way.equals("mixed")) System.setProperty("java.util.logging.SimpleFormatter.format", "[%1$tFT%1$tT] [%4$s] %2$s - %5$s %6$s%n");
        log = Logger.getLogger("org.sample.depot");
        if (words[1].equals("serve")) {
            List<Map.Entry<String, Failure>> all = new ArrayList<>(TOLD.entrySet());
            all.addAll(ITSELF.entrySet());
            Collections.shuffle(all, chance);
            for (var entry : all) if (!entry.getKey().startsWith("initializer")) one(entry.getKey(), entry.getValue());
            one("initializer", TOLD.get("initializer"));
            one("initializer_again", TOLD.get("initializer"));
            healthy();
            return;
        }
        healthy();
        mark(2);
        if (words[1].equals("oom")) { List<long[]> all = new ArrayList<>(); for (;;) all.add(new long[1 << 20]); }
        TOLD.get(words[1]).run();
    }
}
