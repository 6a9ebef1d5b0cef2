package org.sample;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.zip.ZipFile;
import java.util.zip.GZIPInputStream;
import java.io.ByteArrayInputStream;
import java.io.ObjectInputStream;
import org.quartz.Job;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.Scheduler;
import org.quartz.SimpleTrigger;
import org.quartz.impl.StdSchedulerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A rota of shifts planned by Quartz: slf4j-simple as it is out of the box. */
public final class Rota implements Job {
    static final Logger log = LoggerFactory.getLogger(Rota.class);
    static final Map<String, Marks.Work> failures = new LinkedHashMap<>();

    static {
        failures.put("zip", () -> new ZipFile("/etc/hostname"));
        failures.put("gzip", () -> new GZIPInputStream(new ByteArrayInputStream("plain text here".getBytes())));
        failures.put("object", () -> new ObjectInputStream(new ByteArrayInputStream(new byte[] {1, 2, 3, 4})));
        failures.put("timeout", () -> new CompletableFuture<Integer>().get(5, TimeUnit.MILLISECONDS));
        failures.put("stream", () -> IntStream.range(0, 40).parallel().map(n -> 12 / (n - 20)).sum());
        failures.put("method", () -> Rota.class.getMethod("swap"));
        failures.put("invoke", () -> Rota.class.getDeclaredMethod("broken").invoke(null));
        failures.put("format", () -> String.format("%d shifts", "three"));
        failures.put("negative", () -> System.out.println(new int[Marks.chance.nextInt(1) - 1].length));
        failures.put("store", () -> { Object[] a = new String[1]; a[0] = 4; });
        failures.put("process", () -> new ProcessBuilder("/usr/bin/print-rota").start());
    }

    static void broken() { throw new UnsupportedOperationException("rota of 2027"); }

    @Override
    public void execute(JobExecutionContext context) {
        String name = context.getJobDetail().getName();
        try { failures.get(name.split("-")[0]).run(); }
        catch (RuntimeException e) { throw e; }
        catch (Throwable e) { throw new IllegalStateException("plan " + name + " failed", e); }
    }

    static void healthy() {
        int n = Marks.chance.nextInt(9000);
        switch (n % 8) {
            case 0 -> log.info("shift {} assigned", n);
            case 1 -> log.info("conflict check: 0 errors in {} shifts", n);
            case 2 -> log.warn("nurse {} has {} hours", n, n % 60);
            case 3 -> System.out.println("rota printed, " + n + " lines");
            case 4 -> log.info("swap of shift {} failed politely: no partner", n);
            case 5 -> log.info("exception days: 24, 25, 26");
            case 6 -> log.warn("retrying lock on month {}", n % 12);
            default -> log.info("lock taken after retry");
        }
    }

    public static void main(String[] args) throws Throwable {
        if (args[0].equals("fall")) {
            for (int i = 0; i < 4; i++) healthy();
            Marks.fall(failures, args[1]);
        }
        Scheduler scheduler = StdSchedulerFactory.getDefaultScheduler();
        scheduler.start();
        int number = 0;
        for (String name : Marks.shuffled(failures, 2)) {
            for (int i = Marks.chance.nextInt(6); i > 0; i--) healthy();
            switch (Marks.chance.nextInt(4)) {
                case 0 -> {
                    String job = name + "-" + number++;
                    Marks.failure(() -> {
                        scheduler.scheduleJob(new JobDetail(job, "rota", Rota.class), new SimpleTrigger(job, "rota"));
                        Thread.sleep(120);
                    });
                }
                case 1 -> Marks.failure(() -> {
                    Thread t = new Thread(() -> {
                        try { failures.get(name).run(); } catch (RuntimeException e) { throw e; } catch (Throwable e) { throw new Error("rota", e); }
                    });
                    t.start();
                    t.join();
                });
                default -> {
                    try { failures.get(name).run(); } catch (Throwable e) {
                        Marks.failure(() -> {
                            switch (Marks.chance.nextInt(3)) {
                                case 0 -> log.error("rota not planned", e);
                                case 1 -> log.error("rota " + name + ": " + e.getMessage());
                                default -> e.printStackTrace();
                            }
                        });
                    }
                }
            }
        }
        scheduler.shutdown();
    }
}
