import { completeCommand } from './request.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * The script that makes a shell complete `generate-bake` and `gbake`: it asks the program at each key. What
 * the program answers is inserted as text; no shell evaluates it.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# generate-bake: completion for bash. In ~/.bashrc: source <(generate-bake completion bash)
_generate_bake() {
  local words=() word current paths line output prefix IFS=$'\\n'
  # bash splits words at = and :, the program does not.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if ((\${#words[@]} > 0)) && [[ $word == [=:]* || \${words[\${#words[@]} - 1]} == *[=:] ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  current=\${words[\${#words[@]} - 1]}
  current=\${current#[\\"\\']}
  words[\${#words[@]} - 1]=$current
  prefix=
  [[ $current == *[=:]* ]] && prefix=\${current%"\${current##*[=:]}"}
  output=$("$1" ${completeCommand} "\${words[@]}" 2>/dev/null) || return 0
  COMPREPLY=()
  paths=
  while IFS= read -r line; do
    if [[ -z $paths ]]; then
      paths=$line
      continue
    fi
    line=\${line%%$'\\t'*}
    [[ $line == "$current"* ]] && COMPREPLY+=("\${line#"$prefix"}")
  done <<<"$output"
  case $paths in
    files) paths=-f ;;
    directories) paths=-d ;;
    *) return 0 ;;
  esac
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(compgen "$paths" -- "\${current#"$prefix"}")
}
complete -F _generate_bake generate-bake gbake
`,
  zsh: `#compdef generate-bake gbake
# generate-bake: completion for zsh. In ~/.zshrc, after compinit: source <(generate-bake completion zsh)
_generate_bake() {
  local -a answer described
  local line tab=$'\\t'
  answer=("\${(@f)$("\${words[1]}" ${completeCommand} "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)answer[2,-1]}"; do
    described+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}")
  done
  (( \${#described} )) && _describe 'generate-bake' described
  case $answer[1] in
    files) [[ $PREFIX == --*=* ]] && compset -P '*='; _files ;;
    directories) [[ $PREFIX == --*=* ]] && compset -P '*='; _files -/ ;;
  esac
}
if [[ $funcstack[1] == _generate_bake ]]; then
  _generate_bake "$@"
else
  compdef _generate_bake generate-bake gbake
fi
`,
  fish: `# generate-bake: completion for fish. generate-bake completion fish > ~/.config/fish/completions/generate-bake.fish
function __generate_bake_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l answer ($program ${completeCommand} $words "$current" 2>/dev/null)
    set -l paths $answer[1]
    set -e answer[1]
    if test (count $answer) -gt 0
        printf '%s\\n' $answer
    end
    switch "$paths"
        case files
            __fish_complete_path "$current"
        case directories
            __fish_complete_directories "$current"
    end
end
complete -c generate-bake -f -a '(__generate_bake_complete)'
complete -c gbake -f -a '(__generate_bake_complete)'
`,
};
