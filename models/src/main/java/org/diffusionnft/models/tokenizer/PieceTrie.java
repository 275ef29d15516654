package org.diffusionnft.models.tokenizer;

import java.util.Arrays;

/** Strings with values, looked up as prefixes of a text. */
final class PieceTrie {
  private static final int NONE = -1;

  /**
   * Maps a node and a character to a node; open addressing, because boxed maps take ten times as
   * much memory.
   */
  private long[] keys = new long[1024];

  private int[] targets = new int[1024];
  private int[] values = new int[512];
  private int nodes = 1;

  PieceTrie() {
    Arrays.fill(keys, NONE);
    Arrays.fill(values, NONE);
  }

  /** Receives every string found. */
  @FunctionalInterface
  interface Found {
    /** A string that ends at {@code end} (exclusive), and its value. */
    void at(int end, int value);
  }

  /** Adds a string; for duplicates, the last value counts. */
  void put(String text, int value) {
    int node = 0;
    for (int i = 0; i < text.length(); i++) {
      int child = child(node, text.charAt(i));
      node = child == NONE ? grow(node, text.charAt(i)) : child;
    }
    values[node] = value;
  }

  /** Finds all strings that occur in {@code text} at {@code start}, the shortest first. */
  void prefixes(String text, int start, Found found) {
    int node = 0;
    for (int i = start; i < text.length(); i++) {
      node = child(node, text.charAt(i));
      if (node == NONE) {
        return;
      }
      if (values[node] != NONE) {
        found.at(i + 1, values[node]);
      }
    }
  }

  private int child(int node, char c) {
    int slot = slot(node, c);
    return keys[slot] == NONE ? NONE : targets[slot];
  }

  private int grow(int node, char c) {
    if (nodes * 2 > keys.length) {
      rehash();
    }
    if (nodes == values.length) {
      int known = values.length;
      values = Arrays.copyOf(values, known * 2);
      Arrays.fill(values, known, values.length, NONE);
    }
    int slot = slot(node, c);
    keys[slot] = key(node, c);
    targets[slot] = nodes;
    return nodes++;
  }

  private void rehash() {
    long[] oldKeys = keys;
    int[] oldTargets = targets;
    keys = new long[oldKeys.length * 2];
    targets = new int[keys.length];
    Arrays.fill(keys, NONE);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != NONE) {
        int slot = slot((int) (oldKeys[i] >>> 16), (char) oldKeys[i]);
        keys[slot] = oldKeys[i];
        targets[slot] = oldTargets[i];
      }
    }
  }

  private int slot(int node, char c) {
    long key = key(node, c);
    int mask = keys.length - 1;
    int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> 32) & mask;
    while (keys[slot] != NONE && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static long key(int node, char c) {
    return ((long) node << 16) | c;
  }
}
