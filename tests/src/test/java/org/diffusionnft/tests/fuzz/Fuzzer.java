package org.diffusionnft.tests.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * Damages a parser's files again and again. Whatever is in a file, it is read, or refused in one
 * line that names it; within a second; and without more memory than a multiple of the file.
 */
final class Fuzzer {
  private static final long SECOND = 1_000_000_000;

  /** What a parser takes for itself, whatever the file: tables, buffers, compiled patterns. */
  private static final long MEMORY = 24L << 20;

  private static final long MEMORY_PER_BYTE = 200;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Parser parser;
  private final long seed;
  private final Path folder;
  private final Map<String, byte[]> written = new HashMap<>();
  private long refused;

  /**
   * A fuzzer.
   *
   * @param seed input {@code i} depends on this and {@code i} alone
   * @param folder where the files are written
   */
  Fuzzer(Parser parser, long seed, Path folder) {
    this.parser = parser;
    this.seed = seed;
    this.folder = folder;
  }

  /** How many inputs were refused so far. */
  long refused() {
    return refused;
  }

  /** Reads the good files, which must be read without complaint. */
  void readSeeds() throws Exception {
    for (Map<String, byte[]> files : parser.seeds()) {
      write(files);
      parser.read().of(folder);
    }
  }

  /** The files of an input. */
  Map<String, byte[]> input(long i) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_000_007L + i);
    Map<String, byte[]> files =
        new LinkedHashMap<>(parser.seeds().get(random.nextInt(parser.seeds().size())));
    List<String> names = new ArrayList<>(files.keySet());
    String name = names.get(random.nextInt(names.size()));
    byte[] damaged = new Mutator(random, parser.words()).damage(files.get(name));
    files.put(name, random.nextInt(4) == 0 ? damaged : parser.repair().apply(name, damaged));
    return files;
  }

  /**
   * Reads one input.
   *
   * @return what is wrong with how it was read; null if all is well
   */
  @Nullable String fault(long i) throws IOException {
    Map<String, byte[]> files = input(i);
    write(files);
    long bytes = files.values().stream().mapToLong(b -> b.length).sum();
    long start = THREADS.getCurrentThreadCpuTime(); // other work on the machine does not count
    long before = THREADS.getCurrentThreadAllocatedBytes();
    String fault = read();
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    long took = THREADS.getCurrentThreadCpuTime() - start;
    if (fault == null && allocated > MEMORY + MEMORY_PER_BYTE * bytes) {
      fault = "took %,d bytes of memory for %,d bytes of files".formatted(allocated, bytes);
    }
    if (fault == null && took > SECOND) {
      fault = "took %.1f s".formatted(took / (double) SECOND);
    }
    return fault;
  }

  private @Nullable String read() {
    try {
      parser.read().of(folder);
      return null;
    } catch (IOException | InvalidInputException e) {
      refused++;
      String message = String.valueOf(e.getMessage());
      if (message.lines().count() != 1) {
        return "says more or less than one line: " + message;
      }
      return message.contains(folder.getFileName().toString())
          ? null
          : "does not name the file: " + message;
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      StackTraceElement[] trace = e.getStackTrace();
      return e + (trace.length == 0 ? "" : " at " + trace[0]) + ours(trace);
    }
  }

  private static String ours(StackTraceElement[] trace) {
    for (StackTraceElement element : trace) {
      if (element.getClassName().startsWith("org.diffusionnft.")) {
        return ", from " + element;
      }
    }
    return "";
  }

  /** Brings the folder to these files; what lies there already is most of them. */
  private void write(Map<String, byte[]> files) throws IOException {
    Files.createDirectories(folder);
    for (String name : Set.copyOf(written.keySet())) {
      if (!files.containsKey(name)) {
        Files.delete(folder.resolve(name));
        written.remove(name);
      }
    }
    for (Map.Entry<String, byte[]> e : files.entrySet()) {
      if (!Arrays.equals(written.get(e.getKey()), e.getValue())) {
        Files.write(folder.resolve(e.getKey()), e.getValue());
        written.put(e.getKey(), e.getValue());
      }
    }
  }
}
