package org.diffusionnft.tests.fuzz;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Something that reads files of strangers, and valid small files to start from.
 *
 * @param name for messages
 * @param seeds folders of files by name; each is good
 * @param words that files of this kind have, to be put anywhere
 * @param repair what makes a damaged file plausible again, so that more of it is read
 * @param read reads all that there is in a folder
 */
record Parser(
    String name, List<Map<String, byte[]>> seeds, List<String> words, Repair repair, Reading read) {

  /** Makes lengths and checksums right again. */
  interface Repair {
    byte[] apply(String file, byte[] damaged);
  }

  /** Reads the files in a folder, or says in one of our exceptions why that cannot be done. */
  interface Reading {
    void of(Path folder) throws Exception;
  }
}
