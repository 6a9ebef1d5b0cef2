import java.util.logging.Level;
import java.util.logging.Logger;

/** Prints what the JVM prints: a chained exception with a suppressed one, a logged one, an uncaught one. */
public class Chained {
    static class Store implements AutoCloseable {
        void put(int id) { throw new IllegalStateException("order " + id + " is locked"); }
        public void close() { throw new IllegalArgumentException("already closed"); }
    }

    static void save(int id) {
        try (Store store = new Store()) {
            store.put(id);
        } catch (IllegalStateException e) {
            throw new RuntimeException("cannot save order " + id, e);
        }
    }

    public static void main(String[] a) {
        Logger.getLogger("shop").log(Level.SEVERE, "order failed", new java.net.ConnectException("Connection refused"));
        try { save(4711); } catch (RuntimeException e) { e.printStackTrace(); }
        save(4712);
    }
}
