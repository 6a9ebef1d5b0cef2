import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What the JVM prints when it falls, case by case: the marks (`@@ severity`, `@@ calm`) say what the next lines are. */
public class Services {
    static class StockException extends RuntimeException {
        StockException(String said, Throwable cause) { super(said, cause); }
    }

    record Till(String name) implements AutoCloseable {
        public void close() { throw new IllegalStateException("till " + name + " is jammed"); }
    }

    static void mark(String what) { System.err.println("@@ " + what); System.err.flush(); }

    static void reserve(String item) { Integer.parseInt(item); }

    static void order(String item) {
        try { reserve(item); } catch (NumberFormatException e) { throw new StockException("cannot order " + item, e); }
    }

    static void deep(String item) {
        try (Till a = new Till("a"); Till b = new Till("b")) {
            try { order(item); } catch (StockException e) { throw new IllegalArgumentException("outer", e); }
        }
    }

    static int down(int n) { return down(n + 1) + 1; }

    static void line(String level, String text) {
        System.err.println("2026-11-22 10:00:00,123 " + level + " [main] shop.Orders - " + text);
    }

    static void logged() {
        for (String item : new String[] {"tea", "coffee", "milk"}) {
            mark("calm");
            line("INFO ", "order of " + item + " received, errors=0");
            line("WARN ", item + " is short");
            mark("error");
            line("ERROR", "order failed");
            try { order(item); } catch (RuntimeException e) { e.printStackTrace(); }
            mark("error");
            line("ERROR", "order of " + item + " was given up");
            mark("error");
            line("WARN ", "tills do not close");
            try { deep(item); } catch (RuntimeException e) { e.printStackTrace(); }
        }
        mark("calm");
        line("INFO ", "done");
    }

    static void julLogged() {
        Logger log = Logger.getLogger("shop");
        System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tF %1$tT %4$s %2$s %5$s%6$s%n");
        for (int i = 0; i < 3; i++) {
            mark("calm");
            log.info("order received");
            mark("error");
            log.log(Level.SEVERE, "order failed", new StockException("no tea", new java.io.IOException("shelf is empty")));
        }
    }

    public static void main(String[] a) throws Exception {
        switch (a[0]) {
            case "uncaught" -> order("tea");
            case "deep" -> deep("tea");
            case "overflow" -> down(0);
            case "nothing" -> { String none = a.length > 5 ? "" : null; none.length(); }
            case "array" -> { int[] shelf = new int[3]; shelf[a.length + 2] = 1; }
            case "cast" -> { Object tea = "tea"; System.err.println((Integer) tea); }
            case "memory" -> { long[][] all = new long[100000][]; for (int i = 0; ; i++) all[i] = new long[1 << 22]; }
            case "missing" -> Class.forName("shop.Missing");
            case "lines" -> throw new IllegalStateException("shelf A: 3\nshelf B: 0");
            case "wordless" -> throw new UnsupportedOperationException();
            case "initialiser" -> System.err.println(Broken.PRICE);
            case "future" -> CompletableFuture.supplyAsync(() -> { reserve("tea"); return 1; }).get();
            case "pool" -> {
                var pool = Executors.newFixedThreadPool(1);
                for (int i = 0; i < 2; i++) { mark("error"); pool.execute(() -> order("tea")); Thread.sleep(300); }
                pool.shutdown();
            }
            case "logged" -> logged();
            case "jul" -> julLogged();
            default -> throw new IllegalArgumentException(a[0]);
        }
    }

    static class Broken { static final int PRICE = Integer.parseInt("three"); }
}
