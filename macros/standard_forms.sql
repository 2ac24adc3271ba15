{#- What people typed, in standard form: SQL that gives null where a text is none of its kind. The
    rules are those of docs/en/business-rules.md; every model takes them from here. -#}

{#- A state's two-letter code, in capitals. -#}
{% macro state_code(typed) -%}
    upper(trim({{ typed }}))
{%- endmacro %}

{#- The first five digits of a postal code (CEP): of a prefix, with or without its leading zeros, or
    of a whole code of eight digits, however it is punctuated; a code of seven lost its zero. -#}
{% macro zip_code_prefix(typed) -%}
    {%- set digits = digits_of(typed) -%}
    case
        when length({{ digits }}) between 1 and 5 then lpad({{ digits }}, 5, '0')
        when length({{ digits }}) between 7 and 8 then substr(lpad({{ digits }}, 8, '0'), 1, 5)
    end
{%- endmacro %}

{#- A mail address in lower case: one @, something on both sides, a dot in the domain, no blank. -#}
{% macro email_address(typed) -%}
    regexp_extract(lower(trim({{ typed }})), '^[^@\s]+@[^@\s]+\.[^@\s.]+$')
{%- endmacro %}

{#- A phone number by E.164. A Brazilian one, `+55` and its area code: mobiles of nine digits that
    begin with 9, others of eight that begin with 2 to 5; typed with or without the country (+55,
    0055), the trunk's 0 and a carrier (0 21). Another country's only when typed with + or 00. -#}
{% macro phone_number(typed) -%}
    {%- set areas = "1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9]" -%}
    {%- set national = (
        "^(?:00)?(?:55)?(?:0(?:[1-9][0-9])?)?(" ~ areas ~ ")(9[0-9]{8}|[2-5][0-9]{7})$"
    ) -%}
    {%- set digits = digits_of(typed) -%}
    case
        when regexp_like({{ digits }}, '{{ national }}')
            and not regexp_like(trim({{ typed }}), '^(\+|00)\s*[0-46-9]')
            then '+55' || regexp_extract({{ digits }}, '{{ national }}', 1)
                || regexp_extract({{ digits }}, '{{ national }}', 2)
        when regexp_like(trim({{ typed }}), '^(\+|00)\s*[1-46-9]')
            then '+' || regexp_extract({{ digits }}, '^(?:00)?([1-9][0-9]{7,14})$', 1)
    end
{%- endmacro %}

{#- A person's tax number (CPF): eleven digits, not all alike, of which the last two check the
    others. -#}
{% macro cpf_number(typed) -%}
    {%- set first, second = range(10, 1, -1) | list, range(11, 1, -1) | list -%}
    element_at(filter(array[{{ digits_of(typed) }}], code -> if(
        regexp_like(code, '^[0-9]{11}$') and replace(code, substr(code, 1, 1), '') <> '',
        {{ _is_checked("code", first) }} and {{ _is_checked("code", second) }},
        false
    )), 1)
{%- endmacro %}

{#- A company's number (CNPJ): fourteen signs, the last two digits that check the others; letters
    may stand among the first twelve since July 2026, worth their code less 48 as digits are. -#}
{% macro cnpj_number(typed) -%}
    {%- set first = [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2] -%}
    element_at(filter(array[regexp_replace(upper({{ typed }}), '[^0-9A-Z]', '')], code -> if(
        regexp_like(code, '^[0-9A-Z]{12}[0-9]{2}$') and replace(code, substr(code, 1, 1), '') <> '',
        {{ _is_checked("code", first) }} and {{ _is_checked("code", [6] + first) }},
        false
    )), 1)
{%- endmacro %}

{#- Whether something was typed of which nothing is left: what was typed is no such thing. -#}
{% macro is_mistyped(typed, standard) -%}
    coalesce(trim({{ typed }}) <> '' and {{ standard }} is null, false)
{%- endmacro %}

{#- The digits of a text. -#}
{% macro digits_of(typed) -%}
    regexp_replace({{ typed }}, '[^0-9]', '')
{%- endmacro %}

{#- Whether the sign of a code that follows those with weights is their check digit, modulo 11. -#}
{% macro _is_checked(code, weights) -%}
    {%- set terms = [] -%}
    {%- for weight in weights -%}
        {%- do terms.append(weight ~ " * " ~ _worth(code, loop.index)) -%}
    {%- endfor -%}
    mod(mod(10 * ({{ terms | join(" + ") }}), 11), 10) = {{ _worth(code, weights | length + 1) }}
{%- endmacro %}

{% macro _worth(code, position) -%}
    (codepoint(cast(substr({{ code }}, {{ position }}, 1) as varchar(1))) - 48)
{%- endmacro %}
