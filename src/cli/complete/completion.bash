# Completion of NAME for bash: `source <(NAME completions bash)`.

_NAME_complete() {
    local words=() word rest=$COMP_LINE offset=0 index=0 at=0 typed is_apart
    # Bash breaks words at the signs of COMP_WORDBREAKS, such as `:`. The program needs them whole, as they are in the line.
    for ((at = 0; at < ${#COMP_WORDS[@]}; at++)); do
        word=${COMP_WORDS[at]}
        is_apart=
        if [[ $at == 0 || -z $word ]]; then is_apart=yes; fi
        while [[ $rest == [[:space:]]* && $rest != "$word"* ]]; do
            rest=${rest:1} offset=$((offset + 1)) is_apart=yes
        done
        if [[ $rest == "$word"* ]]; then
            rest=${rest:${#word}} offset=$((offset + ${#word}))
        else
            is_apart=yes
        fi
        # What is behind the cursor is not typed.
        if [[ $at == "$COMP_CWORD" && $offset -gt $COMP_POINT ]]; then
            word=${word:0:${#word} - (offset - COMP_POINT)}
        fi
        if [[ -n $is_apart ]]; then
            words+=("$word")
        elif [[ $at -le $COMP_CWORD || $((${#words[@]} - 1)) != "$index" ]]; then
            words[${#words[@]} - 1]+=$word
        fi
        if [[ $at == "$COMP_CWORD" ]]; then index=$((${#words[@]} - 1)); fi
    done
    typed=${words[index]}
    # Within quotes bash breaks nothing, and hands over the word without them.
    if [[ $typed == [\"\']* ]]; then
        typed=$2
    fi
    words[index]=$typed
    # Bash replaces only what is behind its last break.
    local before=${typed%"$2"} IFS=$'\013'
    COMPREPLY=($(_CLAP_IFS="$IFS" _CLAP_COMPLETE_INDEX="$index" VARIABLE=bash "NAME" -- "${words[@]}")) || COMPREPLY=()
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
    # A part of an id is followed by the next one.
    if [[ ${COMPREPLY-} == *[=/:] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

complete -o bashdefault -o nosort -F _NAME_complete NAME 2>/dev/null || complete -o bashdefault -F _NAME_complete NAME
