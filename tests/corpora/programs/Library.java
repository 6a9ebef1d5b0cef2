import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** What a library's program on the JVM prints when it falls; the third lot, written after the second was mended on. */
public class Library {
    static void mark(String what) { System.err.println("@@ " + what); System.err.flush(); }
    static void lend(String book) { if (!book.isEmpty()) throw new IllegalStateException("no " + book + ": shelf is empty"); }
    static void wrapped() { try { lend("Faust"); } catch (RuntimeException e) { throw new CompletionException(e); } }
    static void logged(String calm, String bad) {
        for (int i = 0; i < 3; i++) {
            mark("calm");
            System.err.println(calm + "lent, no exception");
            mark("error");
            System.err.println(bad + "not lent");
            try { wrapped(); } catch (RuntimeException e) { e.printStackTrace(); }
            mark("error");
            System.err.println(bad + "closed");
        }
    }
    public static void main(String[] a) throws Exception {
        switch (a[0]) {
            case "wrapped" -> wrapped();
            case "optional" -> Optional.empty().orElseThrow();
            case "queue" -> new ArrayDeque<String>().pop();
            case "format" -> String.format("%d", "x");
            case "index" -> "x".substring(4);
            case "enumerated" -> Thread.State.valueOf("LENT");
            case "clone" -> throw new CloneNotSupportedException();
            case "logback" -> logged("2026-11-22 10:00:00 [main] INFO  library.Desk - ", "2026-11-22 10:00:00 [main] ERROR library.Desk - ");
            case "quarkus" -> logged("2026-11-22 10:00:00,123 INFO  [lib.Desk] (main) ", "2026-11-22 10:00:00,123 ERROR [lib.Desk] (main) ");
            case "kafka" -> logged("[2026-11-22 10:00:00,123] INFO desk (lib.Desk) ", "[2026-11-22 10:00:00,123] ERROR desk (lib.Desk) ");
            default -> throw new IllegalArgumentException(a[0]);
        }
    }
}
