package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Collection;
import java.util.List;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.tensor.DeviceException;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.TrainingDivergedException;
import org.diffusionnft.trainer.config.Spelling;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * How errors are shown to users. {@link InvalidInputException} means invalid input, {@link
 * IOException}, {@link DeviceException} and {@link OutOfMemoryError} a problem of the machine (disk
 * full, no permission, no driver, too little memory): their message is one clear sentence and is
 * printed on one line, exit code 2. Anything else, an {@link IllegalArgumentException} of {@code
 * tensor} or {@code kernels} included, is a bug of ours: its stack trace and where to report it are
 * printed, exit code 1. With {@code DNFT_TRACE} set in the environment the stack trace is always
 * printed.
 */
final class ErrorMessages {
  static final int UNEXPECTED = 1;
  static final int WRONG_INPUT = 2;

  private ErrorMessages() {}

  /** Handles an invalid command line: an unknown option, a missing value. */
  static int wrongUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    // A missing option may have been given but misspelt: then that is reported.
    List<String> unknown = command.getUnmatchedArguments();
    ParameterException cause =
        unknown.isEmpty() ? e : new UnmatchedArgumentException(command, unknown);
    err.println("dnft: " + oneLine(cause.getMessage()) + suggestion(unknown, command));
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return WRONG_INPUT;
  }

  /** Handles an exception or an error of a command. */
  static int failed(Throwable e, CommandLine command) {
    PrintWriter err = command.getErr();
    String sentence = sentence(e);
    if (sentence == null || System.getenv("DNFT_TRACE") != null) {
      e.printStackTrace(err);
    }
    err.println(
        "dnft: "
            + (sentence == null
                ? "this is a bug of dnft "
                    + Version.number()
                    + ", not of your input: please report it where you got dnft from, with the"
                    + " command, the lines above and what 'dnft devices' prints"
                : sentence));
    err.flush();
    return sentence == null ? UNEXPECTED : WRONG_INPUT;
  }

  /** The sentence for the user, or null if the exception is a bug. */
  static @Nullable String sentence(Throwable e) {
    return switch (e) {
      case UncheckedIOException wrapped when wrapped.getCause() != null ->
          sentence(wrapped.getCause());
      case NoSuchFileException file -> "no such file or folder: " + file.getFile();
      case AccessDeniedException file -> "no permission: " + file.getFile();
      case FileAlreadyExistsException file -> "already exists: " + file.getFile();
      case DirectoryNotEmptyException file -> "the folder is not empty: " + file.getFile();
      case NotDirectoryException file -> "not a folder: " + file.getFile();
      case FileSystemException file when file.getReason() != null ->
          file.getFile() + ": " + oneLine(file.getReason());
      case ReadOnlyFileSystemException readOnly -> "the file system is read-only";
      case IOException io -> oneLine(io.getMessage() == null ? io.toString() : io.getMessage());
      case RewardUnavailableException unavailable -> oneLine(unavailable.getMessage());
      case InvalidInputException wrong -> oneLine(wrong.getMessage());
      case TrainingDivergedException diverged -> oneLine(diverged.getMessage());
      case DeviceException device -> oneLine(device.getMessage());
      case OutOfMemoryError memory ->
          "out of memory ("
              + oneLine(memory.getMessage())
              + "): take smaller batches or pictures; of the Java heap alone, DNFT_JAVA_OPTS=-Xmx4g"
              + " gives more than its "
              + Runtime.getRuntime().maxMemory() / (1 << 20)
              + " MiB";
      case InternalError lost when String.valueOf(lost.getMessage()).contains("unsafe memory") ->
          "a file of weights got shorter while it was read, or its disk failed: wait until nothing"
              + " writes to the model's files, and run again";
      default -> null;
    };
  }

  /** Suggests the option or command that the first unknown word was meant to be. */
  private static String suggestion(List<String> unknown, CommandLine command) {
    if (unknown.isEmpty()) {
      return "";
    }
    boolean option = unknown.getFirst().startsWith("-");
    Collection<String> known =
        option ? command.getCommandSpec().optionsMap().keySet() : command.getSubcommands().keySet();
    String word = unknown.getFirst().split("=", 2)[0];
    return Spelling.nearest(word, known).map(near -> " (did you mean " + near + "?)").orElse("");
  }

  static String oneLine(@Nullable String text) {
    return String.valueOf(text).strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
