package org.diffusionnft.cli;

import java.io.PrintWriter;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The command {@code dnft}. Without a subcommand it prints its help.
 *
 * <p>Exit codes: 0 done, 1 a check failed or something unexpected happened, 2 wrong input, which is
 * shown in one line.
 */
@Command(
    name = "dnft",
    description = "Trains diffusion transformers with DiffusionNFT, on the JVM.",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      LearnCommand.class,
      TrainCommand.class,
      ReportCommand.class,
      DashboardCommand.class,
      EvaluateCommand.class,
      ExperimentCommand.class,
      SampleCommand.class,
      PretrainCommand.class,
      InspectCommand.class,
      ConvertCommand.class,
      MergeCommand.class,
      SynthesizeCommand.class,
      VerifyCommand.class,
      BenchCommand.class,
      DevicesCommand.class
    })
public final class Dnft implements Runnable {
  @Spec private CommandSpec spec;

  /** Runs the command line and ends the process with its exit code. */
  public static void main(String[] args) {
    TerminalError.restore();
    // What modules log is for this program's user: one line, as our own warnings are.
    System.setProperty("java.util.logging.SimpleFormatter.format", "dnft: warning: %5$s%n");
    System.exit(run(System.out::print, TerminalError::print, args));
  }

  /** Runs the command line inside a program; returns its exit code. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    return run(out::print, err::print, args);
  }

  private static int run(Consumer<String> out, Consumer<String> err, String... args) {
    return commandLine().setOut(Printable.to(out)).setErr(Printable.to(err)).execute(args);
  }

  /** The command line with its error handling. */
  static CommandLine commandLine() {
    return new CommandLine(new Dnft())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
        .setParameterExceptionHandler(ErrorMessages::wrongUsage)
        .setExecutionExceptionHandler(ErrorMessages::failed);
  }

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    spec.commandLine().usage(out);
  }
}
