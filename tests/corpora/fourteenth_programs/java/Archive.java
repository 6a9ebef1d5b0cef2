package org.example.archive;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The digitisation of a library network: scans, text recognition, deposit in the archive.
 *
 * Ways of logging: `boot` (logback in Spring Boot's layout), `log4j2` (its usual pattern), `jul` (java.util.logging as
 * it comes), `json` (log4j2's JSON layout), `bare` (the streams), `journal` (logback without a time).
 */
public class Archive {
    static final int JOBS = 50;
    static String way;
    static Log log;

    interface Log {
        void info(String text);

        void debug(String text);

        void warn(String text);

        void error(String text, Throwable thrown);
    }

    static class Slf4j implements Log {
        private final org.slf4j.Logger to = org.slf4j.LoggerFactory.getLogger(Archive.class);

        public void info(String text) { to.info(text); }

        public void debug(String text) { to.debug(text); }

        public void warn(String text) { to.warn(text); }

        public void error(String text, Throwable thrown) { to.error(text, thrown); }
    }

    static class Log4j implements Log {
        private final org.apache.logging.log4j.Logger to = org.apache.logging.log4j.LogManager.getLogger(Archive.class);

        public void info(String text) { to.info(text); }

        public void debug(String text) { to.debug(text); }

        public void warn(String text) { to.warn(text); }

        public void error(String text, Throwable thrown) { to.error(text, thrown); }
    }

    static class Jul implements Log {
        private final java.util.logging.Logger to = java.util.logging.Logger.getLogger(Archive.class.getName());

        public void info(String text) { to.info(text); }

        public void debug(String text) { to.fine(text); }

        public void warn(String text) { to.warning(text); }

        public void error(String text, Throwable thrown) { to.log(java.util.logging.Level.SEVERE, text, thrown); }
    }

    static class Bare implements Log {
        public void info(String text) { System.out.println(text); }

        public void debug(String text) { System.out.println(text); }

        public void warn(String text) { System.err.println("Warning: " + text); }

        public void error(String text, Throwable thrown) {
            System.err.println(thrown == null ? "ERROR: " + text : text);
            if (thrown != null) thrown.printStackTrace();
        }
    }

    static class DepositException extends Exception {
        DepositException(String message, Throwable cause) { super(message, cause); }
    }

    record Scan(int id, String title, Integer pages) {}

    static class Scanner {
        private final Random chance;

        Scanner(Random chance) { this.chance = chance; }

        Scan next() {
            return new Scan(chance.nextInt(9000) + 1000, List.of("Codex", "Atlas", "Herbarium").get(chance.nextInt(3)), null);
        }

        int pages(Scan scan) { return scan.pages(); }

        byte[] page(int number) {
            try {
                return Files.readAllBytes(Path.of("/srv/scans/ms-" + chance.nextInt(90) + "/page-" + number + ".tif"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        int tile(int[] tiles) { return tiles[tiles.length + chance.nextInt(20)]; }
    }

    static class Deposit {
        private final Random chance;

        Deposit(Random chance) { this.chance = chance; }

        void connect() throws IOException {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress("127.0.0.1", chance.nextInt(8) + 2), 500);
            }
        }

        void store(Scan scan) throws DepositException {
            try {
                connect();
            } catch (IOException e) {
                throw new DepositException("scan " + scan.id() + " was not deposited", e);
            }
        }

        void approve(Scan scan) {
            try {
                store(scan);
            } catch (DepositException e) {
                throw new IllegalStateException("ingest of \"" + scan.title() + "\" stopped", e);
            }
        }
    }

    static final List<String> TRACED = List.of("pages", "page", "tile", "store", "approve", "date", "year", "future", "cast", "closed", "rows");
    static final Map<String, String> SAID = Map.ofEntries(
        Map.entry("pages", "Text recognition failed"), Map.entry("page", "Could not read the page"),
        Map.entry("tile", "Tiling of the image failed"), Map.entry("store", "Deposit failed, scan goes back to the queue"),
        Map.entry("approve", "Ingest job failed"), Map.entry("date", "Record has an unusable date"),
        Map.entry("year", "Record has an unusable year"), Map.entry("future", "Checksum task failed"),
        Map.entry("cast", "Metadata could not be mapped"), Map.entry("closed", "Could not write the preview"),
        Map.entry("rows", "Export of the inventory failed"));

    static void fail(String kind, Random chance) throws Exception {
        Scanner scanner = new Scanner(chance);
        Deposit deposit = new Deposit(chance);
        switch (kind) {
            case "pages" -> scanner.pages(scanner.next());
            case "page" -> scanner.page(chance.nextInt(300));
            case "tile" -> scanner.tile(new int[16]);
            case "store" -> deposit.store(scanner.next());
            case "approve" -> deposit.approve(scanner.next());
            case "date" -> LocalDate.parse(List.of("31.12.1871", "circa 1650", "1789-13-01").get(chance.nextInt(3)));
            case "year" -> Integer.parseInt(List.of("MDCCL", "16th c.", "").get(chance.nextInt(3)));
            case "future" -> checksum(chance);
            case "cast" -> creator(Map.of("creator", (Object) List.of("Ursula", "Ines").get(chance.nextInt(2)), "id", chance.nextInt(900)));
            case "closed" -> preview(chance.nextInt(4000));
            case "rows" -> export(new ArrayList<>(List.of("map", "print", "letter")));
        }
    }

    static void checksum(Random chance) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(1);
        try {
            pool.submit(() -> {
                throw new IOException("checksum of object " + chance.nextInt(100000) + " differs: expected " + Integer.toHexString(chance.nextInt()));
            }).get();
        } finally {
            pool.shutdown();
        }
    }

    static Object creator(Map<String, Object> fields) { return ((List<?>) fields.get("creator")).get(0); }

    static void preview(int width) throws IOException {
        OutputStream out = Files.newOutputStream(Files.createTempFile("preview", ".jpg"));
        out.close();
        out.write(width);
    }

    static void export(List<String> rows) {
        for (String row : rows) rows.remove(row);
    }

    static void die(int kind, Random chance) throws Exception {
        switch (kind) {
            case 0 -> fail(TRACED.get(chance.nextInt(7)), chance);
            case 1 -> {
                List<byte[]> images = new ArrayList<>();
                while (true) images.add(new byte[8 << 20]);
            }
            case 2 -> {
                log.error("No connection to the archive after " + (chance.nextInt(6) + 3) + " attempts, shutting down", null);
                System.exit(1);
            }
            case 3 -> CompletableFuture.supplyAsync(() -> new Scanner(chance).page(1)).get();
            case 4 -> {
                try {
                    new Deposit(chance).connect();
                } catch (IOException e) {
                    log.error("Start-up failed: the deposit is not reachable", e);
                    System.exit(1);
                }
            }
            case 5 -> {
                var field = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
                field.setAccessible(true);
                ((sun.misc.Unsafe) field.get(null)).putAddress(8, 1);
            }
        }
    }

    static void mark(int number) {
        System.out.flush();
        System.err.flush();
        System.out.print((char) number + "\n");
        System.out.flush();
    }

    static void traced(String kind, Random chance, boolean withTrace) {
        try {
            fail(kind, chance);
        } catch (Exception e) {
            log.error(withTrace ? SAID.get(kind) : SAID.get(kind) + ": " + e.getMessage(), withTrace ? e : null);
        }
    }

    static void inThread(Random chance) throws InterruptedException {
        Thread thread = new Thread(() -> new Scanner(chance).page(chance.nextInt(300)), "ocr-" + (chance.nextInt(8) + 1));
        thread.start();
        thread.join();
    }

    static void work(Random chance) {
        for (int i = 2 + chance.nextInt(3); i > 0; i--) {
            int id = chance.nextInt(9000) + 1000;
            log.info(switch (chance.nextInt(5)) {
                case 0 -> "Scanned page " + (id % 300) + " of manuscript " + (id % 90);
                case 1 -> "Recognised " + id + " words, confidence 0." + (80 + id % 20);
                case 2 -> "Deposited object " + id + " (" + id % 400 + " MB)";
                case 3 -> "Preview of object " + id + " written";
                default -> "Picked up ingest job " + id;
            });
        }
        if (chance.nextInt(10) < 3) log.debug("Queue depth " + chance.nextInt(40));
        if (chance.nextInt(10) < 1) log.warn("Scanner " + (chance.nextInt(4) + 1) + " needs calibration soon");
    }

    public static void main(String[] args) throws Exception {
        way = args[0];
        int seed = Integer.parseInt(args[1]);
        Path state = Path.of(args[3]);
        log = switch (way) {
            case "boot", "journal" -> new Slf4j();
            case "log4j2", "json" -> new Log4j();
            case "jul" -> new Jul();
            default -> new Bare();
        };
        List<String> order = new ArrayList<>(TRACED);
        order.addAll(List.of("line", "batch", "die", "line", "thread", "die", "approve", "line"));
        if (args[2].equals("0")) log.info("Archive 2.14.0 started");
        for (int number = Integer.parseInt(args[2]); number < JOBS; number++) {
            Files.writeString(state, "" + number);
            Random chance = new Random(seed * 7919L + number * 104729L);
            chance.nextInt();
            work(chance);
            int deaths = 0;
            for (int n = 0; n <= number; n++) if (order.get((n * 8 + seed) % order.size()).equals("die")) deaths++;
            String kind = order.get((number * 8 + seed) % order.size());
            if (kind.equals("batch")) {
                for (int i = 2 + chance.nextInt(2); i > 0; i--) {
                    mark(2);
                    log.error("Notification to reader " + (chance.nextInt(9000) + 1000) + " failed: " + List.of("mailbox full", "unknown recipient").get(chance.nextInt(2)), null);
                    mark(3);
                }
                continue;
            }
            mark(2);
            switch (kind) {
                case "die" -> die((deaths + seed) % 6, chance);
                case "line" -> traced(List.of("page", "store", "date", "year").get(chance.nextInt(4)), chance, false);
                case "thread" -> inThread(chance);
                default -> traced(kind, chance, true);
            }
            mark(3);
        }
        work(new Random(seed));
        Files.writeString(state, "done");
    }
}
