package org.example.vet.pharmacy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keep the stock of the hospital's pharmacy and dispense what the vets prescribe.
 *
 * <p>All ways but `bare` log by SLF4J; the class path and a file say through what: logback with a usual pattern and
 * with Spring Boot's, Log4j 2, java.util.logging as it comes, logstash's JSON, and slf4j-simple as it comes.
 */
public class Pharmacy {
    private static final int JOBS = 44;
    private static final String[] DRUGS = {"meloxicam", "amoxicillin", "prednisolone", "ketamine", "insulin", "maropitant"};

    static class PharmacyException extends RuntimeException {
        PharmacyException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    static class OutOfStockException extends Exception {
        OutOfStockException(String drug, int wanted, int left) {
            super("only " + left + " of " + wanted + " units of " + drug + " left");
        }
    }

    static class Shelf implements AutoCloseable {
        private final String drug;

        Shelf(String drug) {
            this.drug = drug;
        }

        void take(int units) {
            throw new IllegalStateException("shelf of " + drug + " is locked");
        }

        @Override
        public void close() {
            throw new UnsupportedOperationException("cannot close shelf of " + drug);
        }
    }

    static class Catalogue {
        static final int SIZE = Integer.parseInt(System.getProperty("catalogue.size", "n/a"));
    }

    /** Where it logs: SLF4J, or for `bare` the streams. */
    static class Log {
        private final Logger logger;

        Log(Class<?> of, boolean bare) {
            logger = bare ? null : LoggerFactory.getLogger(of);
        }

        void debug(String text) {
            if (logger == null) System.out.println(text);
            else logger.debug(text);
        }

        void info(String text) {
            if (logger == null) System.out.println(text);
            else logger.info(text);
        }

        void warn(String text) {
            if (logger == null) System.out.println("Warning: " + text);
            else logger.warn(text);
        }

        void error(String text) {
            if (logger == null) System.err.println("ERROR: " + text);
            else logger.error(text);
        }

        void error(String text, Throwable error) {
            if (logger != null) {
                logger.error(text, error);
                return;
            }
            System.err.println("ERROR: " + text);
            error.printStackTrace();
        }
    }

    interface Step {
        void run() throws Exception;
    }

    record Failing(String text, Step step) {}

    private static Log log;
    private static long seed;
    private final Random chance;
    private final int number;
    private final String drug;
    private final String order;
    private final Map<String, Integer> stock = new HashMap<>();

    Pharmacy(int number) {
        this.number = number;
        chance = new Random(seed * 1000 + number);
        chance.nextInt();
        drug = DRUGS[chance.nextInt(DRUGS.length)];
        order = "RX-" + (1000 + chance.nextInt(9000));
    }

    static void mark(String mark) {
        System.err.flush();
        System.out.println(mark);
        System.out.flush();
    }

    void work() {
        List<Runnable> lines = new ArrayList<>(List.of(
                () -> log.info("Dispensed " + (1 + chance.nextInt(20)) + " units of " + drug + " for " + order),
                () -> log.debug("Stock of " + drug + " is now " + chance.nextInt(300)),
                () -> log.info("Prescription " + order + " accepted"),
                () -> log.info("Delivery of " + (2 + chance.nextInt(30)) + " boxes checked in"),
                () -> log.debug("Price list reloaded in " + (5 + chance.nextInt(90)) + " ms"),
                () -> log.warn("Stock of " + drug + " is running low, " + (1 + chance.nextInt(9)) + " units left")));
        for (int i = 2 + chance.nextInt(3); i > 0; i--) lines.remove(chance.nextInt(lines.size())).run();
    }

    void lookUp() {
        int left = stock.get(drug);
    }

    void checkStock() throws OutOfStockException {
        throw new OutOfStockException(drug, 10 + chance.nextInt(20), chance.nextInt(9));
    }

    void dispense() {
        try {
            checkStock();
        } catch (OutOfStockException error) {
            throw new PharmacyException("Cannot dispense " + order, error);
        }
    }

    void supplier() throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", 9), 500);
        }
    }

    void reorder() {
        try {
            supplier();
        } catch (IOException error) {
            throw new UncheckedIOException("Supplier not reachable", error);
        }
    }

    void replenish() {
        try {
            reorder();
        } catch (UncheckedIOException error) {
            throw new PharmacyException("Reordering " + drug + " failed", error);
        }
    }

    void take() {
        try (Shelf shelf = new Shelf(drug)) {
            shelf.take(chance.nextInt(5));
        }
    }

    void leaflet() throws IOException {
        Files.readString(Path.of("leaflets", drug + ".txt"));
    }

    void expiry() {
        LocalDate.parse("2026-13-" + (10 + chance.nextInt(18)));
    }

    void dose() {
        Integer.parseInt((1 + chance.nextInt(9)) + " mg");
    }

    void sort() {
        List<String> names = new ArrayList<>(List.of(DRUGS));
        for (Iterator<String> i = names.iterator(); i.hasNext();) {
            if (i.next().startsWith("a")) names.remove(0);
        }
    }

    void label() {
        Object label = Integer.valueOf(chance.nextInt());
        String text = (String) label;
    }

    void shelfNumber() {
        int[] shelves = new int[4];
        shelves[4 + chance.nextInt(20)] = 1;
    }

    void audit() throws Exception {
        try {
            CompletableFuture.runAsync(this::dispense).get();
        } catch (ExecutionException error) {
            throw new Exception("Audit of " + order + " failed", error);
        }
    }

    void control() {
        assert chance.nextInt(10) > 20 : "controlled substance " + drug + " not counted";
    }

    int interactions(int depth) {
        return interactions(depth + 1) + 1;
    }

    void exhaust() {
        List<long[]> kept = new ArrayList<>();
        while (true) kept.add(new long[1_000_000]);
    }

    void catalogue() {
        log.debug("size " + Catalogue.SIZE);
    }

    Failing failing() {
        List<Failing> steps = List.of(
                new Failing("Stock of " + drug + " unknown", this::lookUp),
                new Failing("Order " + order + " not filled", this::checkStock),
                new Failing("Failed to dispense " + order, this::dispense),
                new Failing("Supplier lookup failed for " + drug, this::supplier),
                new Failing("Failed to replenish " + drug, this::replenish),
                new Failing("Could not take " + drug + " from its shelf", this::take),
                new Failing("Leaflet of " + drug + " not printed", this::leaflet),
                new Failing("Bad expiry date on delivery " + order, this::expiry),
                new Failing("Bad dose in prescription " + order, this::dose),
                new Failing("Sorting failed", this::sort),
                new Failing("Label for " + order + " failed", this::label),
                new Failing("Shelf lookup failed for " + drug, this::shelfNumber),
                new Failing("Audit failed", this::audit),
                new Failing("Control of " + drug + " failed", this::control));
        return steps.get((int) ((number * 5 + seed) % steps.size()));
    }

    void caught(boolean traced) {
        Failing failing = failing();
        try {
            failing.step.run();
        } catch (Exception | AssertionError error) {
            mark("\2");
            if (traced) log.error(failing.text, error);
            else log.error(failing.text + ": " + error.getMessage());
            mark("\3");
        }
    }

    void separate() {
        List<String> texts = List.of(
                "Label printer " + (1 + chance.nextInt(4)) + " is offline",
                "Failed to send order " + order + " to supplier: HTTP 502",
                "Cold storage sensor " + (1 + chance.nextInt(9)) + " could not be read");
        for (String text : texts.subList(chance.nextInt(2), 3)) {
            mark("\2");
            log.error(text);
            mark("\3");
        }
    }

    void inThread() throws Exception {
        Step step = failing().step;
        Thread thread = new Thread(() -> {
            try {
                step.run();
            } catch (RuntimeException error) {
                throw error;
            } catch (Exception error) {
                throw new RuntimeException(error);
            }
        }, "dispenser-" + (1 + chance.nextInt(4)));
        mark("\2");
        thread.start();
        thread.join();
        mark("\3");
    }

    void giveUp() {
        mark("\2");
        if (number % 2 == 0) log.error("Stock database is corrupt, exiting");
        else {
            try {
                replenish();
            } catch (PharmacyException error) {
                log.error("Pharmacy cannot go on, exiting", error);
            }
        }
        System.exit(1);
    }

    void crash() throws Exception {
        var field = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        mark("\2");
        ((sun.misc.Unsafe) field.get(null)).putAddress(0, 1);
    }

    void run() throws Exception {
        work();
        switch (number) {
            case 12, 31 -> {
                mark("\2");
                interactions(0);
            }
            case 19 -> {
                mark("\2");
                exhaust();
            }
            case 27 -> {
                mark("\2");
                catalogue();
            }
            case 38 -> crash();
            default -> usual();
        }
    }

    void usual() throws Exception {
        switch (number % 11) {
            case 0, 2, 4, 8 -> caught(true);
            case 1, 6, 10 -> caught(false);
            case 3 -> {
                mark("\2");
                failing().step.run();
            }
            case 5 -> separate();
            case 7 -> inThread();
            default -> giveUp();
        }
    }

    public static void main(String[] args) throws Exception {
        seed = Long.parseLong(args[1]);
        log = new Log(Pharmacy.class, args[0].equals("bare"));
        Path state = Path.of(args[3]);
        log.info("Pharmacy started with " + DRUGS.length + " drugs");
        for (int number = Integer.parseInt(args[2]); number < JOBS; number++) {
            Files.writeString(state, "" + number);
            new Pharmacy(number).run();
        }
        log.info("All prescriptions done");
        Files.writeString(state, "done");
    }
}
