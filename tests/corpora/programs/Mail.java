import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;

/** What a mail program on the JVM prints when it falls; like Services, written after the code that reads it. */
public class Mail {
    static class Undeliverable extends Exception { Undeliverable(String s, Throwable t) { super(s, t); } }

    static void send(String letter) throws IOException { throw new IOException("no route for " + letter); }

    static void deliver(String letter) throws Undeliverable {
        try { send(letter); } catch (IOException e) {
            Undeliverable u = new Undeliverable(null, new UncheckedIOException(letter, e));
            u.addSuppressed(new IllegalStateException("stamp is gone", new ArithmeticException("0 stamps")));
            throw u;
        }
    }

    static void mark(String what) { System.err.println("@@ " + what); System.err.flush(); }

    static void logged(String info, String error) {
        for (int i = 0; i < 3; i++) {
            mark("calm");
            System.err.println(info + "letter taken up, failures=0");
            mark("error");
            System.err.println(error + "letter " + i + " lost");
            try { deliver("l" + i); } catch (Undeliverable e) { e.printStackTrace(); }
            mark("error");
            System.err.println(error + "postman ill");
            mark("error");
            try { List.of(1).add(2); } catch (RuntimeException e) { System.err.print(error); e.printStackTrace(); }
        }
    }

    public static void main(String[] a) throws Exception {
        switch (a[0]) {
            case "checked" -> deliver("letter");
            case "text" -> Long.parseLong("x1");
            case "list" -> List.of(1, 2).get(7);
            case "immutable" -> Map.of("a", 1).put("b", 2);
            case "iterator" -> List.of().iterator().next();
            case "link" -> throw new NoClassDefFoundError("post/Stamp");
            case "asserted" -> throw new AssertionError("sums are off");
            case "negative" -> { int[] x = new int[a.length - 2]; }
            case "state" -> { Thread t = new Thread(() -> { }); t.start(); t.start(); }
            case "stream" -> List.of("1", "b").stream().mapToInt(Integer::parseInt).sum();
            case "forked" -> ForkJoinPool.commonPool().submit(() -> { deliver("x"); return 1; }).get();
            case "named" -> { Thread t = new Thread(() -> { throw new IllegalStateException("sorter fell"); }, "sorter 7"); t.start(); t.join(); }
            case "spring" -> logged("2026-11-22T10:00:00.123+01:00  INFO 4711 --- [           main] shop.mail.Sender   : ",
                "2026-11-22T10:00:00.123+01:00 ERROR 4711 --- [nio-8080-exec-1] shop.mail.Sender   : ");
            case "log4j" -> logged("10:00:00.123 [main] INFO  mail.Sender - ", "10:00:00.123 [main] ERROR mail.Sender - ");
            case "tomcat" -> logged("22-Nov-2026 10:00:00.123 INFO [main] mail.Sender.send ", "22-Nov-2026 10:00:00.123 SEVERE [http-nio-8080-exec-1] mail.Sender.send ");
            case "bracketed" -> logged("[2026-11-22T10:00:00,123][INFO ][m.Sender] [node-1] ", "[2026-11-22T10:00:00,123][ERROR][m.Sender] [node-1] ");
            default -> throw new IllegalArgumentException(a[0]);
        }
    }
}
