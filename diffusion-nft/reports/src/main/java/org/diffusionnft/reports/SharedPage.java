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
 * A page about runs in progress. It is rebuilt when a file of a run has changed, once for all
 * clients, since it takes megabytes with its pictures.
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

  /** The content security policy of the page. */
  String policy() {
    return page.policy();
  }

  /** The page, in parts. */
  List<byte[]> html() {
    return List.of(page.before().getBytes(UTF_8), data(), page.after().getBytes(UTF_8));
  }

  /** Its data, as JSON. */
  synchronized byte[] data() {
    try {
      List<String> files = files();
      if (!files.equals(built.files)) {
        built = build(files);
      }
    } catch (IOException | RuntimeException e) {
      // A file is being written, or the limit of open files is reached: the last version is served,
      // and the next request tries again.
    }
    return built.data;
  }

  private Built build(List<String> files) throws IOException {
    return new Built(files, PageTemplate.data(ReportPage.data(runs)).getBytes(UTF_8));
  }

  /**
   * Name, size and modification time of the contents of the runs' folders; a new picture changes
   * its folder's time.
   */
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
          // a temporary file that has been renamed meanwhile
        }
      }
    }
    return found;
  }
}
