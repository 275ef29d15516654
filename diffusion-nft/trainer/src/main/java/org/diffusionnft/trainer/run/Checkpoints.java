package org.diffusionnft.trainer.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.trainer.Trainer;
import org.diffusionnft.trainer.config.CheckpointSettings;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.io.AtomicFolder;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.Leftovers;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftFolder;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints of a run: folders {@code epoch-000012} with {@code state.safetensors} (adapters,
 * average, moments), {@code progress.json}, {@code config.yaml}, {@code adapter/} as PEFT reads it,
 * and {@code manifest.json}. Each is written atomically.
 *
 * @param folder where they are; need not exist yet
 */
record Checkpoints(Path folder) {
  private static final String PREFIX = "epoch-";
  private static final String STATE = "state.safetensors";
  private static final String CONFIG = "config.yaml";

  /**
   * What a run can resume from.
   *
   * @param newest the newest intact checkpoint, or null if there is no checkpoint at all
   * @param skipped a sentence for each damaged newer one
   */
  record Found(@Nullable Path newest, List<String> skipped) {}

  /** Writes a checkpoint, then deletes those that are no longer kept. */
  void save(Trainer trainer, TrainConfig config, OptionalDouble score) throws IOException {
    Files.createDirectories(folder);
    Path target = at(trainer.epoch());
    if (Files.exists(target)) {
      discard(target); // damaged, or left by a run that was resumed from before it
    }
    AtomicFolder.write(
        target,
        hidden -> {
          TrainState.save(hidden.resolve(STATE), trainer);
          Files.writeString(hidden.resolve(CONFIG), config.toYaml());
          RunProgress.of(trainer, config, score).write(hidden, config);
          try (Adapter best = trainer.best()) {
            PeftFolder.fill(
                Files.createDirectory(hidden.resolve("adapter")),
                Map.of(PeftFolder.DEFAULT, PeftAdapter.of(best)));
          }
          FileManifest.write(hidden);
        });
    prune(config.checkpoints(), trainer.epoch());
  }

  private Path at(long epoch) {
    return folder.resolve(String.format(Locale.ROOT, "%s%06d", PREFIX, epoch));
  }

  /**
   * Finds the newest intact checkpoint.
   *
   * @throws InvalidFileException if there are checkpoints and all are damaged
   */
  Found find() throws IOException {
    List<String> skipped = new ArrayList<>();
    for (Path checkpoint : all()) {
      try {
        verify(checkpoint);
        return new Found(checkpoint, skipped);
      } catch (IOException | RuntimeException e) {
        // Any damage counts, including invalid file names and numbers out of range.
        skipped.add(
            "checkpoint %s is damaged: %s"
                .formatted(checkpoint.getFileName(), InvalidFileException.oneLine(e.getMessage())));
      }
    }
    if (!skipped.isEmpty()) {
      throw new InvalidFileException(
          folder,
          "holds no intact checkpoint to go on from: "
              + String.join("; ", skipped)
              + "; to begin the run again, delete that folder");
    }
    return new Found(null, skipped);
  }

  private static void verify(Path checkpoint) throws IOException {
    FileManifest.verify(checkpoint, List.of(STATE, CONFIG, RunProgress.NAME));
    RunProgress progress = RunProgress.read(checkpoint);
    if (progress.epoch() != epoch(checkpoint)) {
      throw new InvalidFileException(checkpoint, "holds the state of epoch " + progress.epoch());
    }
    long steps = config(checkpoint).plan().steps(progress.epoch());
    if (progress.step() != steps) {
      throw new InvalidFileException(
          checkpoint.resolve(RunProgress.NAME),
          "has step %d, but after %d epochs its run has done %d optimizer steps"
              .formatted(progress.step(), progress.epoch(), steps));
    }
    TrainState.verify(checkpoint.resolve(STATE));
  }

  /** The configuration of a checkpoint's run. */
  static TrainConfig config(Path checkpoint) throws IOException {
    return TrainConfig.read(checkpoint.resolve(CONFIG));
  }

  /**
   * Loads a checkpoint into a new trainer.
   *
   * @throws InvalidFileException if it belongs to another model or another configuration
   */
  static void load(Path checkpoint, Trainer trainer, TrainConfig config)
      throws InvalidFileException {
    RunProgress progress = RunProgress.read(checkpoint);
    if (progress.seed() != config.seed()) {
      throw new InvalidFileException(
          checkpoint.resolve(RunProgress.NAME),
          "has seed " + progress.seed() + ", but the configuration " + config.seed());
    }
    TrainState.load(checkpoint.resolve(STATE), trainer);
    trainer.optimizer().step(progress.step());
    trainer.resumeAt(progress.epoch(), progress.step());
    if (trainer.promptsSeen() != progress.promptsSeen()) {
      throw new InvalidFileException(
          checkpoint.resolve(RunProgress.NAME),
          "says that %d prompts were seen, but this build draws %d: the prompts have changed"
              .formatted(progress.promptsSeen(), trainer.promptsSeen()));
    }
  }

  /** Deletes what a killed process may have left half-written or half-deleted. */
  void sweep() throws IOException {
    // A checkpoint that is being written or deleted has one of two kinds of hidden names.
    if (Files.isDirectory(folder)) {
      try (Stream<Path> entries = Files.list(folder)) {
        for (Path hidden :
            entries.filter(f -> f.getFileName().toString().startsWith(".")).toList()) {
          Leftovers.delete(hidden);
        }
      }
    }
  }

  /** All checkpoints that look complete, newest first. */
  List<Path> all() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(f -> f.getFileName().toString().matches(PREFIX + "\\d{6,18}"))
          .sorted(Comparator.comparingLong(Checkpoints::epoch).reversed())
          .toList();
    }
  }

  private static long epoch(Path checkpoint) {
    return Long.parseLong(checkpoint.getFileName().toString().substring(PREFIX.length()));
  }

  /**
   * Checkpoints after {@code newest} are damaged or not ours: they are neither counted nor deleted.
   */
  private void prune(CheckpointSettings settings, long newest) throws IOException {
    record Scored(Path path, double score) {}
    List<Path> all = all().stream().filter(checkpoint -> epoch(checkpoint) <= newest).toList();
    Set<Path> kept = new HashSet<>(all.subList(0, Math.min(settings.keepLast(), all.size())));
    List<Scored> scored = new ArrayList<>();
    for (Path checkpoint : all) {
      try {
        RunProgress.read(checkpoint)
            .score()
            .ifPresent(score -> scored.add(new Scored(checkpoint, score)));
      } catch (IOException | RuntimeException e) {
        // A damaged one cannot be among the best.
      }
    }
    scored.stream()
        .sorted(Comparator.comparingDouble(Scored::score).reversed()) // of equals, the newest first
        .limit(settings.keepBest())
        .forEach(s -> kept.add(s.path()));
    for (Path checkpoint : all) {
      if (!kept.contains(checkpoint)) {
        discard(checkpoint);
      }
    }
  }

  /** Hides a checkpoint before it is deleted, so that it is never seen half-deleted. */
  private void discard(Path checkpoint) throws IOException {
    Path hidden = folder.resolve("." + checkpoint.getFileName() + ".deleted");
    Leftovers.delete(hidden);
    Files.move(checkpoint, hidden, StandardCopyOption.ATOMIC_MOVE);
    Leftovers.delete(hidden);
  }
}
