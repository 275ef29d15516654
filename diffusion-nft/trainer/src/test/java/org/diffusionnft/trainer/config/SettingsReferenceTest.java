package org.diffusionnft.trainer.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What people read about settings is what the code says of them. */
class SettingsReferenceTest {
  private static final Path ROOT = root();
  private static final String MARK = "<!-- tables -->\n";

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("examples"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  @Test
  void thePageIsUpToDate() throws IOException {
    Path page = ROOT.resolve("docs/settings.md");
    String text = Files.readString(page);
    String before = text.substring(0, text.indexOf(MARK) + MARK.length());
    if (Boolean.getBoolean("dnft.docs.write")) {
      Files.writeString(page, before + SettingsReference.tables());
    }
    assertEquals(
        before + SettingsReference.tables(),
        Files.readString(page),
        "write it again with -Ddnft.docs.write=true");
  }

  /** No key without words, no number without a range. */
  @Test
  void everySettingIsDescribed() throws IOException {
    String table =
        new String(
            SettingsReference.class.getResourceAsStream("settings.tsv").readAllBytes(),
            java.nio.charset.StandardCharsets.UTF_8);
    List<String[]> rows = table.lines().map(line -> line.split("\t", -1)).toList();
    for (String[] row : rows) {
      assertEquals(5, row.length, row[0]);
      assertFalse(row[4].isBlank(), row[0] + " has no words");
      boolean number = row[1].equals("number") || row[1].equals("whole number");
      assertFalse(number && row[2].isEmpty() && !row[0].equals("seed"), row[0] + " has no range");
      assertFalse(row[4].contains("{@"), row[0] + ": " + row[4]);
    }
    Set<String> known =
        new TreeSet<>(WriteKeys.paths(WriteKeys.of(TrainConfig.official(), TrainConfig::bind), ""));
    assertEquals(
        known, rows.stream().map(row -> row[0]).collect(Collectors.toCollection(TreeSet::new)));
  }

  @Test
  void commentsChangeNothing() {
    for (Preset preset : Preset.values()) {
      TrainConfig config = preset.config().withSeed(9);
      String text = SettingsReference.commented(config);
      assertEquals(config, TrainConfig.parse("commented", text, TrainConfig.official()));
      assertTrue(
          text.contains("# rounds of sampling and training (1 to 1000000)\nepochs: ")
              || text.contains("# rounds of sampling and training (at least 1)\nepochs: "),
          text);
      assertTrue(text.lines().allMatch(line -> line.length() <= 100), text);
    }
  }

  /** Only keys of settings have comments, not those that a user's reward has. */
  @Test
  void optionsOfRewardsHaveNoComments() {
    TrainConfig config =
        TrainConfig.parse(
            "own",
            "rewards: {mine: {type: command, weight: 1, command: \"seed: 1\\nepochs: 3\\n\"}}",
            TrainConfig.official());
    String text = SettingsReference.commented(config);
    assertEquals(config, TrainConfig.parse("commented", text, TrainConfig.official()));
    assertEquals(1, Pattern.compile("# every random number").matcher(text).results().count());
  }

  @Test
  void everyExampleIsValidAndListed() throws IOException {
    String list = Files.readString(ROOT.resolve("examples/README.md"));
    List<Path> files;
    try (Stream<Path> all = Files.list(ROOT.resolve("examples"))) {
      files = all.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
    assertTrue(files.size() >= 7, files.toString());
    for (Path file : files) {
      TrainConfig.read(file);
      assertTrue(list.contains("(" + file.getFileName() + ")"), file + " is not in the list");
    }
  }
}
