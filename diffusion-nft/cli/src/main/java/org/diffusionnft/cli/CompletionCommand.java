package org.diffusionnft.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dnft completion}: a script that lets a shell complete commands and options. */
@Command(
    name = "completion",
    description = {
      "Prints the completion script of a shell.",
      "bash and zsh: source <(dnft completion bash). fish: dnft completion fish | source"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CompletionCommand implements Callable<Integer> {
  private enum Shell {
    BASH,
    ZSH,
    FISH
  }

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "bash|zsh|fish", description = "The shell.")
  private Shell shell;

  @Override
  public Integer call() {
    CommandLine dnft = Dnft.commandLine();
    PrintWriter out = spec.commandLine().getOut();
    // picocli's script works in both: in zsh it enables bash-style completion.
    out.print(shell == Shell.FISH ? fish(dnft) : AutoComplete.bash("dnft", dnft));
    out.flush();
    return 0;
  }

  private static String fish(CommandLine dnft) {
    StringBuilder script = new StringBuilder("complete -c dnft -e\n");
    fish(script, dnft, "");
    return script.toString();
  }

  /**
   * The subcommands and options of a command.
   *
   * @param path its words after {@code dnft}, such as {@code experiment ablation}
   */
  private static void fish(StringBuilder script, CommandLine command, String path) {
    String others = String.join(" ", command.getSubcommands().keySet());
    String seen = path.isEmpty() ? "" : "__fish_seen_subcommand_from " + last(path);
    String here =
        others.isEmpty()
            ? seen
            : (seen.isEmpty() ? "" : seen + "; and ") + "not __fish_seen_subcommand_from " + others;
    for (var sub : command.getSubcommands().entrySet()) {
      String[] summary = sub.getValue().getCommandSpec().usageMessage().description();
      line(script, here, "-f -a " + sub.getKey(), summary.length == 0 ? "" : summary[0]);
      fish(script, sub.getValue(), (path + " " + sub.getKey()).strip());
    }
    for (OptionSpec option : command.getCommandSpec().options()) {
      String[] text = option.description();
      line(script, here, names(option), text.length == 0 ? "" : text[0]);
    }
  }

  private static String names(OptionSpec option) {
    StringBuilder names = new StringBuilder();
    for (String name : option.names()) {
      names.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
    }
    return names.append(option.arity().max() > 0 ? " -r" : " -f").toString().strip();
  }

  private static void line(StringBuilder script, String condition, String what, String text) {
    String sentence = text.replace("${DEFAULT-VALUE}", "").replaceAll("\\s+", " ").strip();
    int end = sentence.indexOf(". ");
    script
        .append("complete -c dnft ")
        .append(condition.isEmpty() ? "" : "-n '" + condition + "' ")
        .append(what)
        .append(" -d '")
        .append(
            (end < 0 ? sentence : sentence.substring(0, end))
                .replace("\\", "\\\\")
                .replace("'", "\\'"))
        .append("'\n");
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf(' ') + 1);
  }
}
