package org.diffusionnft.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The command {@code dnft}. Without a subcommand it prints its help.
 *
 * <p>Exit codes: 0 done, 1 a check failed or something unexpected happened, 2 invalid input,
 * reported in one line.
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
    // Log messages of modules are for this program's user: one line each, like our own warnings.
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
    } catch (Error e) { // picocli handles exceptions only
      return ErrorMessages.failed(e, dnft);
    }
  }

  /** The whole command line with its error handling. */
  static CommandLine commandLine() {
    CommandLine dnft = new CommandLine(new Dnft());
    COMMANDS.forEach(type -> dnft.addSubcommand(name(type), new CommandLine(type)));
    return withErrors(dnft);
  }

  /**
   * The part of the command line that these arguments need: the command that they name, or else the
   * summaries of all. Reading all options of all commands would take longer than everything else
   * that {@code dnft --help} does.
   */
  private static CommandLine commandLine(String... args) {
    CommandLine dnft = new CommandLine(new Dnft());
    String wanted = args.length > 0 ? args[0] : "";
    for (Class<?> type : COMMANDS) {
      if (name(type).equals(wanted)) {
        return withErrors(dnft.addSubcommand(wanted, new CommandLine(type)));
      }
    }
    for (Class<?> type : COMMANDS) {
      CommandSpec summary = CommandSpec.create().name(name(type));
      summary.usageMessage().description(type.getAnnotation(Command.class).description());
      dnft.addSubcommand(name(type), new CommandLine(summary));
    }
    return withErrors(dnft);
  }

  private static String name(Class<?> command) {
    return command.getAnnotation(Command.class).name();
  }

  private static CommandLine withErrors(CommandLine dnft) {
    PlainNumbers.register(dnft);
    return dnft.setCaseInsensitiveEnumValuesAllowed(true)
        .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
        .setParameterExceptionHandler(ErrorMessages::wrongUsage)
        .setExecutionExceptionHandler((e, command, _) -> ErrorMessages.failed(e, command));
  }

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    spec.commandLine().usage(out);
  }
}
