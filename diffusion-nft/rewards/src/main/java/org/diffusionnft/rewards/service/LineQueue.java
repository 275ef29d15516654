package org.diffusionnft.rewards.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The unread lines of a program's output. All lines of one write arrive together, so a surplus one
 * is detected at once. A program that writes endlessly exhausts neither memory nor time: it blocks
 * when too much is unread, and only the beginning of a line is kept.
 */
final class LineQueue {
  private static final int MOST = 1000;
  private static final long MOST_CHARACTERS = 32 << 20;
  private static final int CHUNK = 1 << 16;

  private final int longest;
  private final boolean forgetful;
  private final Deque<String> lines = new ArrayDeque<>();
  private long characters;
  private boolean ended;
  private boolean abandoned;

  /**
   * @param longest maximum number of bytes kept of a line
   * @param forgetful whether old unread lines are dropped for new ones
   */
  LineQueue(int longest, boolean forgetful) {
    this.longest = longest;
    this.forgetful = forgetful;
  }

  /** Reads a stream to its end, on a separate thread. */
  void fill(InputStream stream) {
    Thread.ofVirtual().start(() -> pump(stream));
  }

  private void pump(InputStream stream) {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    byte[] chunk = new byte[CHUNK];
    try (stream) {
      for (int n = stream.read(chunk); n >= 0 && !isAbandoned(); n = stream.read(chunk)) {
        List<String> whole = new ArrayList<>();
        for (int i = 0; i < n; i++) {
          if (chunk[i] == '\n') {
            whole.add(taken(line));
          } else if (line.size() < longest) {
            line.write(chunk[i]);
          }
        }
        add(whole);
      }
    } catch (IOException _) {
      // the program has ended
    }
    if (line.size() > 0) {
      add(List.of(taken(line)));
    }
    end();
  }

  private static String taken(ByteArrayOutputStream line) {
    String text = line.toString(UTF_8);
    line.reset();
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  private synchronized void add(List<String> more) {
    lines.addAll(more);
    characters += more.stream().mapToLong(String::length).sum();
    notifyAll();
    while (isFull() && forgetful) {
      take();
    }
    while (isFull() && !abandoned) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        abandoned = true;
      }
    }
  }

  private synchronized boolean isFull() {
    return lines.size() > 1 && (lines.size() > MOST || characters > MOST_CHARACTERS);
  }

  private synchronized Optional<String> take() {
    Optional<String> line = Optional.ofNullable(lines.poll());
    characters -= line.map(String::length).orElse(0);
    notifyAll();
    return line;
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }

  private synchronized boolean isAbandoned() {
    return abandoned;
  }

  /** Stops reading; further output is lost. */
  synchronized void abandon() {
    abandoned = true;
    notifyAll();
  }

  /** The next line, if one arrives in time and before the end. */
  synchronized Optional<String> next(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (lines.isEmpty() && !ended) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return Optional.empty();
      }
      wait(left / 1_000_000 + 1);
    }
    return take();
  }

  /** Whether no more lines will arrive. */
  synchronized boolean isAtEnd() {
    return ended && lines.isEmpty();
  }

  /** The newest lines, once the last one has arrived or some time has passed. */
  synchronized List<String> newest(int count, Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!ended && System.nanoTime() < deadline) {
      wait(10);
    }
    return lines.stream().skip(Math.max(0, lines.size() - count)).toList();
  }
}
