import java.time.LocalDate;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.Stream;

/** Falls in other ways than `Falls`, and logs as logback and log4j lay out their lines. */
public class Stumbles {
    static String layout;

    static void say(String level, String message, Throwable error) {
        String thread = Thread.currentThread().getName();
        String head = switch (layout) {
            case "logback" -> "10:01:02.123 [" + thread + "] " + level + " shop.bank.Teller - " + message;
            case "spring" -> "2026-11-22T10:01:02.123+01:00 " + String.format("%5s", level) + " 4711 --- [shop] [" + thread + "] shop.bank.Teller  : " + message;
            case "catalina" -> "22-Nov-2026 10:01:02.123 " + (level.equals("ERROR") ? "SEVERE" : level) + " [" + thread + "] shop.bank.Teller.pay " + message;
            default -> "2026-11-22 10:01:02,123 " + level + " " + thread + " (Teller.java:12) " + message;
        };
        synchronized (System.err) {
            System.err.println(head);
            if (error != null) error.printStackTrace();
        }
    }

    record Tea(String name, int grams) {
        Tea { if (grams < 0) throw new IllegalArgumentException("negative: " + grams); }
    }

    static class TellerException extends RuntimeException {
        TellerException(String message, Throwable cause) { super(message, cause); }
        @Override public String toString() { return "TellerException[" + getMessage() + "]"; }
    }

    static void deep(int depth) {
        if (depth == 0) throw new NoSuchElementException("no tea on shelf 3");
        try { deep(depth - 1); } catch (RuntimeException e) { throw new IllegalStateException("level " + depth, e); }
    }

    static void circular() {
        RuntimeException one = new RuntimeException("one"), two = new RuntimeException("two", one);
        one.initCause(two);
        throw one;
    }

    static void many() {
        RuntimeException all = new RuntimeException("three banks");
        for (int bank = 0; bank < 3; bank++) all.addSuppressed(new TimeoutException("bank " + bank));
        throw all;
    }

    static void fall(String way) throws Exception {
        switch (way) {
            case "deep" -> deep(3);
            case "circular" -> circular();
            case "many" -> many();
            case "record" -> new Tea("green", -1);
            case "date" -> LocalDate.parse("the day after never");
            case "optional" -> Optional.empty().orElseThrow();
            case "iterator" -> { List<Integer> all = new ArrayList<>(List.of(1, 2, 3)); for (Integer one : all) all.remove(one); }
            case "stream" -> Stream.of("1", "x").map(Integer::valueOf).forEach(System.out::println);
            case "renamed" -> throw new TellerException("the till is shut", new TimeoutException("5 s"));
            case "pool" -> {
                ExecutorService pool = Executors.newFixedThreadPool(2);
                for (int task = 0; task < 1; task++) pool.execute(() -> deep(2));
                pool.shutdown();
                pool.awaitTermination(5, TimeUnit.SECONDS);
            }
            default -> {
                say("ERROR", "payment 12 failed", caught(() -> deep(2)));
                say("INFO", "cart 18 was opened", null);
                say("ERROR", "no bank", caught(Stumbles::many));
                say("INFO", "cart 19 was opened", null);
                say("WARN", "trying no more", caught(() -> new Tea("black", -2)));
                say("INFO", "cart 20 was opened", null);
                say("ERROR", "the queue is full", null);
            }
        }
    }

    static Throwable caught(Runnable fail) {
        try { fail.run(); } catch (RuntimeException e) { return e; }
        return null;
    }

    public static void main(String[] arguments) throws Exception {
        layout = arguments[0];
        say("INFO", "cart 17 was opened", null);
        fall(arguments[0]);
        if (List.of("logback", "spring", "catalina", "log4j", "pool").contains(layout)) say("INFO", "cart 17 was closed", null);
    }
}
