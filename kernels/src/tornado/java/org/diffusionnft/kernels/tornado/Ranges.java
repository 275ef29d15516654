package org.diffusionnft.kernels.tornado;

import java.util.Map;
import java.util.TreeMap;

/** Allocates ranges of one of the device's memories: first fit; free neighbours are merged. */
final class Ranges {
  /** Ranges start at multiples of this many elements. */
  private static final int STEP = 64;

  private final TreeMap<Integer, Integer> free = new TreeMap<>(); // start to length

  /** All elements from {@code first} to {@code size}. */
  Ranges(int first, int size) {
    int start = (first + STEP - 1) / STEP * STEP;
    free.put(start, size - start);
  }

  /** Allocates a range and returns its start, or -1 if none is large enough. */
  int take(long elements) {
    long length = Math.max(1, (elements + STEP - 1) / STEP) * STEP;
    int start =
        free.entrySet().stream()
            .filter(hole -> hole.getValue() >= length)
            .mapToInt(Map.Entry::getKey)
            .findFirst()
            .orElse(-1);
    Integer found = free.remove(start);
    if (found != null && found > length) {
      free.put((int) (start + length), (int) (found - length));
    }
    return start;
  }

  /** Frees a range. */
  void give(int start, long elements) {
    int from = start;
    int length = (int) (Math.max(1, (elements + STEP - 1) / STEP) * STEP);
    Integer after = free.remove(start + length);
    length += after == null ? 0 : after;
    Map.Entry<Integer, Integer> before = free.floorEntry(start);
    if (before != null && before.getKey() + before.getValue() == start) {
      from = before.getKey();
      length += before.getValue();
    }
    free.put(from, length);
  }

  /** How many elements are free. */
  long left() {
    return free.values().stream().mapToLong(Integer::longValue).sum();
  }
}
