package org.diffusionnft.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
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
    synopsisSubcommandLabel = "COMMAND")
public final class Dnft implements Runnable {
  private static final List<Class<?>> COMMANDS =
      List.of(
          DemoCommand.class,
          LearnCommand.class,
          TrainCommand.class,
          ReportCommand.class,
          DashboardCommand.class,
          EvaluateCommand.class,
          ExperimentCommand.class,
          SampleCommand.class,
          ServeCommand.class,
          PretrainCommand.class,
          InspectCommand.class,
          ConvertCommand.class,
          MergeCommand.class,
          SynthesizeCommand.class,
          VerifyCommand.class,
          BenchCommand.class,
          DevicesCommand.class,
          CompletionCommand.class);

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
    CommandLine dnft = commandLine(args).setOut(Printable.to(out)).setErr(Printable.to(err));
    try {
      return dnft.execute(args);
    } catch (Error e) {
      return ErrorMessages.failed(e, dnft);
    }
  }

  /** The whole command line with its error handling. */
  static CommandLine commandLine() {
    return commandLine(_ -> true);
  }

  /**
   * What the command line needs to be for these arguments. Of commands that they do not name, only
   * the summary is read: reading all their options takes longer than everything else that {@code
   * dnft --help} does.
   */
  private static CommandLine commandLine(String... args) {
    return commandLine(name -> args.length > 0 && args[0].equals(name));
  }

  private static CommandLine commandLine(Predicate<String> whole) {
    CommandLine dnft = new CommandLine(new Dnft());
    for (Class<?> type : COMMANDS) {
      Command command = type.getAnnotation(Command.class);
      if (whole.test(command.name())) {
        dnft.addSubcommand(command.name(), new CommandLine(type));
      } else {
        CommandSpec summary = CommandSpec.create().name(command.name());
        summary.usageMessage().description(command.description());
        dnft.addSubcommand(command.name(), new CommandLine(summary));
      }
    }
    return dnft.setCaseInsensitiveEnumValuesAllowed(true)
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
