import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Falls as Java programs fall: by argument, one way each. */
public class Falls {
    static final Logger LOGGER = Logger.getLogger("shop.Orders");

    static class ChargeFailed extends Exception {
        ChargeFailed(String message, Throwable cause) { super(message, cause); }
    }

    static class Till implements AutoCloseable {
        void put(int id) { throw new IllegalStateException("order " + id + " is locked"); }
        @Override public void close() { throw new IllegalArgumentException("till is closed already"); }
    }

    static void save(int id) {
        try (Till till = new Till()) {
            till.put(id);
        }
    }

    static void charge(int id) throws ChargeFailed {
        try {
            save(id);
        } catch (IllegalStateException e) {
            throw new ChargeFailed("order " + id + " cannot be charged", e);
        }
    }

    static void connect() throws IOException {
        new java.net.Socket("127.0.0.1", 9).close();
    }

    static int at(int index) { return new int[] {1, 2, 3}[index]; }

    static int again(int depth) { return again(depth + 1) + 1; }

    static void logged(Level level, String message, Throwable error) { LOGGER.log(level, message, error); }

    static void fall(String way) throws Exception {
        switch (way) {
            case "null": ((String) null).length(); break;
            case "chained": charge(4711); break;
            case "wrapped": try { connect(); } catch (IOException e) { throw new UncheckedIOException("bank", e); } break;
            case "index": System.out.println(at(5)); break;
            case "cast": System.out.println((Integer) (Object) "four"); break;
            case "number": Integer.parseInt("four"); break;
            case "stack": again(0); break;
            case "memory": System.out.println(new long[Integer.MAX_VALUE].length); break;
            case "assertion": throw new AssertionError("three is not four");
            case "class": Class.forName("shop.Missing"); break;
            case "initializer": System.out.println(Broken.VALUE); break;
            case "empty": throw new IllegalStateException();
            case "multiline": throw new IllegalArgumentException("the bank said:\n  code 12\n  declined");
            case "printed": try { charge(4711); } catch (ChargeFailed e) { e.printStackTrace(); } break;
            case "future":
                try {
                    CompletableFuture.supplyAsync(() -> { save(4711); return 1; }).get();
                } catch (ExecutionException e) {
                    e.printStackTrace();
                }
                break;
            case "thread":
                Thread worker = new Thread(() -> save(4711), "worker-3");
                worker.start();
                worker.join();
                break;
            case "immutable": List.of(1, 2).add(3); break;
            case "logged":
                logged(Level.SEVERE, "order 4711 failed", new ChargeFailed("no", new IOException("Broken pipe")));
                LOGGER.info("cart 18 was opened");
                try { charge(4712); } catch (ChargeFailed e) { logged(Level.SEVERE, "order 4712 failed", e); }
                LOGGER.info("cart 19 was opened");
                LOGGER.severe("the bank does not answer");
                LOGGER.info("cart 20 was opened");
                try { connect(); } catch (IOException e) { logged(Level.WARNING, "giving up", e); }
                break;
            case "calm-warned":
                LOGGER.warning("the old till is deprecated");
                LOGGER.info("no error found, 0 errors, retried after java.io.IOException");
                break;
            default: throw new IllegalArgumentException(way);
        }
    }

    static class Broken { static final int VALUE = Integer.parseInt("x"); }

    public static void main(String[] arguments) throws Exception {
        LOGGER.info("cart 17 was opened");
        try {
            fall(arguments[0]);
        } finally {
            if (List.of("printed", "future", "thread", "logged").contains(arguments[0])) LOGGER.info("cart 17 was closed");
        }
    }
}
