package org.diffusionnft.reports;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A page about runs that go on. It is built when a file of a run has changed, once for all who ask:
 * with its pictures it has megabytes.
 */
final class SharedPage {
  private record Built(List<String> files, byte[] data) {}

  private final List<Path> runs;
  private final PageTemplate.Filled page;
  private Built built;

  /** Builds the page; throws if a folder holds no run. */
  SharedPage(List<Path> runs) throws IOException {
    this.runs = List.copyOf(runs);
    this.page = ReportPage.around(true);
    this.built = build(files());
  }

  /** What scripts and styles the page may load. */
  String policy() {
    return page.policy();
  }

  /** The page, in parts. */
  List<byte[]> html() {
    return List.of(page.before().getBytes(UTF_8), data(), page.after().getBytes(UTF_8));
  }

  /** What it shows, as JSON. */
  synchronized byte[] data() {
    try {
      List<String> files = files();
      if (!files.equals(built.files)) {
        built = build(files);
      }
    } catch (IOException | RuntimeException e) {
      // A file is just being written, or all files that may be open are: what was built is shown,
      // and the next request tries again.
    }
    return built.data;
  }

  private Built build(List<String> files) throws IOException {
    return new Built(files, PageTemplate.data(ReportPage.data(runs)).getBytes(UTF_8));
  }

  /** Name, size and age of what lies in the runs' folders; a picture changes its folder's age. */
  private List<String> files() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path run : runs) {
      List<Path> files;
      try (Stream<Path> all = Files.list(run)) {
        files = all.sorted().toList();
      }
      for (Path file : files) {
        try {
          found.add(file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
        } catch (NoSuchFileException e) {
          // a temporary file that has got its name meanwhile
        }
      }
    }
    return found;
  }
}
